import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { VARIABLES } from '../../src/config/environment.ts'

const { services } = parse(readFileSync('docker-compose.yml', 'utf8'))
const example = readFileSync('.env.example', 'utf8')

describe('docker-compose.yml', () => {
  // The image holds no embedded Postgres; the port inside it stays the same.
  const elsewhere = ['LANDFALL_DATA_DIR', 'LANDFALL_PORT']
  const names = VARIABLES.map(({ name }) => name).filter((name) => !elsewhere.includes(name))

  test('hands every variable to Landfall', () => {
    expect(Object.keys(services.landfall.environment).sort()).toEqual([...names].sort())
  })

  test('has an example for every variable that it does not set itself', () => {
    const own = ['DATABASE_URL', 'REDIS_URL', 'LANDFALL_HOST']
    const open = names.filter((name) => !own.includes(name))
    expect(open.filter((name) => !new RegExp(`^#?${name}=`, 'm').test(example))).toEqual([])
  })

  test('is reachable from this machine only, and by nothing without a secret of the user', () => {
    const published = Object.values<{ ports?: string[] }>(services).flatMap(({ ports = [] }) => ports)
    expect(published).toEqual([expect.stringMatching(/^127\.0\.0\.1:/)])
    expect(services.landfall.environment.LANDFALL_API_TOKEN).toMatch(/^\$\{LANDFALL_API_TOKEN:\?/)
    expect(services.postgres.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/)
    expect(example).toMatch(/^LANDFALL_API_TOKEN=$/m)
  })
})
