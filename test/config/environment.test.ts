import { expect, test } from 'vitest'

import { VARIABLES } from '../../src/config/environment.ts'
import { KEY, loaded, WEBHOOK } from './sources.ts'

const base = { ANON_API_KEY: KEY, VERN_API_KEY: KEY, ...WEBHOOK }
const WORDS = ['embedded', 'DATABASE_URL', 'the same Postgres', 'none', '.landfall']

test.each(VARIABLES.filter((variable) => !WORDS.includes(variable.default)))(
  'the documented default of $name is the real one',
  (variable) => {
    expect(loaded({ ...base, [variable.name]: variable.default })).toEqual(loaded(base))
  },
)

test('every variable is documented once', () => {
  const names = VARIABLES.map(({ name }) => name)

  expect(new Set(names).size).toBe(names.length)
  expect(VARIABLES.every(({ meaning }) => meaning.length > 10)).toBe(true)
})
