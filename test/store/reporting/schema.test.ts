import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { describeReporting } from '../../../scripts/reporting-docs.ts'
import { type ReportingSchema, readReportingSchema } from '../../../scripts/reporting-schema.ts'
import { createTestAccount } from '../../support/account.ts'
import { CONTRACT } from './contract.ts'

let world: Awaited<ReturnType<typeof createTestAccount>>
let schema: ReportingSchema

beforeAll(async () => {
  world = await createTestAccount()
  schema = await readReportingSchema(world.db.pool)
})
afterAll(() => world.close())

describe('schema reporting is public interface', () => {
  test('no view or function comes or goes unnoticed', () => {
    expect(
      schema.things.map(({ name, parameters }) => `${name}${parameters && `(${parameters})`}`).sort(),
    ).toEqual(Object.keys(CONTRACT).sort())
  })

  test.each(Object.entries(CONTRACT))(
    '%s keeps its columns, their types and their order',
    (what, columns) => {
      const thing = schema.things.find(
        ({ name, parameters }) => what === `${name}${parameters && `(${parameters})`}`,
      )
      expect(thing?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual(columns)
    },
  )
})

test('everything in it has a comment', () => {
  const bare = schema.things.flatMap((thing) => [
    ...(thing.comment ? [] : [thing.name]),
    ...(thing.kind === 'function'
      ? []
      : thing.columns.filter(({ comment }) => !comment).map(({ name }) => `${thing.name}.${name}`)),
  ])

  expect(schema.comment).toBeTruthy()
  expect(bare).toEqual([])
})

test('docs/reporting.md says what the comments say; otherwise, npm run docs:reporting', () => {
  expect(readFileSync('docs/reporting.md', 'utf8')).toBe(describeReporting(schema))
})
