import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'

import { createTracing } from '../../src/runtime/start-tracing.ts'
import { log } from '../support/account.ts'
import { testAccount, testConfig } from '../support/daemon.ts'
import { createDatabase } from '../support/database.ts'

const run = promisify(execFile)

/** Starts a daemon, and tells which of OpenTelemetry's packages that took. */
const TELL_LOADED = `
import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({
  load(url, context, next) {
    loaded.add(/node_modules\\/(@opentelemetry\\/[^/]+|bullmq-otel)\\//.exec(url)?.[1])
    return next(url, context)
  },
})
const { startDaemon } = await import('${pathToFileURL('src/daemon.ts')}')
const { pino } = await import('pino')
const config = JSON.parse(process.env.CONFIG)
const daemon = await startDaemon({ ...config, roles: new Set(config.roles) }, pino({ level: 'silent' }), () => {})
await daemon.stop()
console.log(JSON.stringify([...loaded].filter(Boolean)))
process.exit()
`

async function packagesOf(env: Record<string, string>): Promise<string[]> {
  const database = await createDatabase()
  onTestFinished(database.drop)
  const accounts = [testAccount('http://127.0.0.1:1')]
  const config = testConfig({ databaseUrl: database.url, accounts })
  const CONFIG = JSON.stringify({ ...config, roles: [...config.roles] })
  const args = ['--input-type=module', '--eval', TELL_LOADED]
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...env, CONFIG } })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as string[]
}

test('a daemon that is not traced loads nothing but the interface', async () => {
  expect(await packagesOf({})).toEqual(['@opentelemetry/api'])
})

test('a daemon that is traced loads the rest', async () => {
  const packages = await packagesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })
  expect(packages).toEqual(expect.arrayContaining(['@opentelemetry/sdk-trace', 'bullmq-otel']))
})

describe('the variables', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }

  test.each([
    { env: {}, isTraced: false },
    { env: endpoint, isTraced: true },
    { env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1' }, isTraced: true },
    { env: { OTEL_TRACES_EXPORTER: 'otlp' }, isTraced: true },
    { env: { OTEL_TRACES_EXPORTER: 'console' }, isTraced: true },
    { env: { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, isTraced: false },
    { env: { ...endpoint, OTEL_SDK_DISABLED: 'true' }, isTraced: false },
    { env: { ...endpoint, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' }, isTraced: true },
    { env: { OTEL_SERVICE_NAME: 'landfall' }, isTraced: false },
  ])('$env: traced $isTraced', async ({ env, isTraced }) => {
    expect((await createTracing(log, env)) !== null).toBe(isTraced)
  })

  test.each([
    { OTEL_TRACES_EXPORTER: 'zipkin' },
    { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { ...endpoint, OTEL_TRACES_SAMPLER: 'jaeger_remote' },
  ])('%o is not supported, and that is told: work goes on', async (env) => {
    const lines: string[] = []
    const telling = pino({}, { write: (line: string) => void lines.push(line) })
    expect(await createTracing(telling, env)).toBeNull()
    expect(lines.join()).toContain('tracing.unsupported')
    expect(lines.join()).toContain('expected')
  })
})
