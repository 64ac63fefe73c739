import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { VARIABLES } from '../../src/config/environment.ts'

const { secrets, services } = parse(readFileSync('docker-compose.yml', 'utf8'))
const example = readFileSync('.env.example', 'utf8')

describe('docker-compose.yml', () => {
  // The image holds no embedded Postgres; the port inside it stays the same.
  const elsewhere = ['LANDFALL_DATA_DIR', 'LANDFALL_PORT']
  const names = VARIABLES.map(({ name }) => name).filter((name) => !elsewhere.includes(name))

  test('hands every variable to Landfall', () => {
    const given = Object.keys(services.landfall.environment).filter((name) => !name.startsWith('OTEL_'))
    expect(given.sort()).toEqual([...names].sort())
  })

  test('has an example for every variable that it does not set itself', () => {
    const own = ['DATABASE_URL', 'REDIS_URL', 'LANDFALL_HOST']
    const open = names.filter((name) => !own.includes(name))
    expect(open.filter((name) => !new RegExp(`^#?${name}=`, 'm').test(example))).toEqual([])
  })

  test('is reachable from this machine only, and by nothing without a secret of the user', () => {
    const published = Object.values<{ ports?: string[] }>(services).flatMap(({ ports = [] }) => ports)
    expect(published.length).toBeGreaterThan(0)
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/)
    expect(services.landfall.environment.LANDFALL_API_TOKEN).toMatch(/^\$\{LANDFALL_API_TOKEN:\?/)
    expect(services.postgres.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/)
    expect(example).toMatch(/^LANDFALL_API_TOKEN=$/m)
  })
})

describe('the profile observability', () => {
  const mounted = Object.values<{ volumes?: string[] }>(services)
    .flatMap(({ volumes = [] }) => volumes)
    .filter((volume) => volume.startsWith('./'))
    .map((volume) => volume.split(':'))

  test('mounts what is there, to be read only', () => {
    expect(mounted.length).toBeGreaterThan(3)
    for (const [from = '', , mode] of mounted) {
      expect(existsSync(from), from).toBe(true)
      expect(mode, from).toBe('ro')
    }
  })

  test('lets Prometheus in with the token, from a file', () => {
    const { scrape_configs: jobs } = parse(readFileSync('ops/prometheus/prometheus.yml', 'utf8'))
    expect(jobs).toHaveLength(1)
    expect(jobs[0].authorization.credentials_file).toBe(`/run/secrets/${services.prometheus.secrets[0]}`)
    expect(secrets[services.prometheus.secrets[0]]).toEqual({ environment: 'LANDFALL_API_TOKEN' })
    expect(jobs[0].static_configs[0].targets).toEqual(['landfall:4600'])
  })

  test('starts nothing of its own where it is not asked for', () => {
    for (const name of ['prometheus', 'grafana', 'grafana-reader']) {
      expect(services[name].profiles).toEqual(['observability'])
    }
  })
})
