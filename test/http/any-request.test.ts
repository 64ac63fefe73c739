import { request as send } from 'node:http'

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createApiActions } from '../../src/work/api-actions.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { createApi } from './serve.ts'

// What a stranger may send: requests made from the description of the API, right ones, nearly right ones and rubbish.

interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly schema: Schema
}
type Schema = {
  readonly type?: string | string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Record<string, Schema>
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}
interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> }
}
interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string | null
}

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let server: ReturnType<typeof createApi>
let operations: { readonly method: string; readonly path: string; readonly operation: Operation }[]

beforeAll(async () => {
  landfall = await createTestAccount({
    hooks: [{ name: 'ops', kind: 'webhook', events: ['migration.failed'] }],
  })
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
  await record(landfall.deps, landfall.account, [seen('m1', 'FAILED', 0), seen('m2', 'WORKING', 0)])
  // Nobody answers there, so that tracking ends at once.
  server = createApi(landfall, { ...createApiActions(landfall.deps), requestsPerMinute: 1e6 })
  await server.start()
  const document = (await (await fetch(`${server.url()}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>
  }
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  )
}, 60_000)
afterAll(async () => {
  await server.stop()
  await landfall.close()
})

const known = fc.constantFrom('acme', 'ops', 'm1', 'm2', 'default', 'migration.failed', 'latest', 'evt_1')
const odd = fc.constantFrom(
  '\0',
  'a\0b',
  '\ud800',
  '..',
  '.',
  '%',
  '_',
  '\\',
  "'; drop table landfall.event; --",
  '9'.repeat(400),
  '-1',
  '1e308',
  'NaN',
  '0000-01-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59-23:59',
  '2026-03-04T09:00:00.123456789123Z',
  ',,,',
  '[]',
  '__proto__',
  '',
)
const anyText = fc.oneof(known, odd, fc.string(), fc.string({ unit: 'binary', maxLength: 40 }))
const cursors = fc
  .oneof(
    fc.json(),
    fc
      .constantFrom(
        { id: '9'.repeat(18) },
        { id: '-1' },
        { at: '0001-01-01T00:00:00Z', event_id: 'e' },
        { sort: '-status_since', at: '9999-12-31T23:59:59.999999Z', account: 'acme', migration_id: 'm1' },
        { sort: 'created_at', at: '2026-01-01T00:00:00+14:00', account: 'acme', migration_id: 'm\0' },
      )
      .map((place) => JSON.stringify(place)),
  )
  .map((json) => Buffer.from(json).toString('base64url'))

/** Mostly what the schema asks for. */
function anyValueOf(schema: Schema): fc.Arbitrary<unknown> {
  const right: fc.Arbitrary<unknown>[] = []
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (schema.enum) right.push(fc.constantFrom(...schema.enum))
  for (const one of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) right.push(anyValueOf(one))
  if (type === 'integer' || type === 'number') {
    right.push(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(0, -1, 1e21, 2 ** 53, 1.5))
  }
  if (type === 'boolean') right.push(fc.boolean())
  if (type === 'array') right.push(fc.array(anyValueOf(schema.items ?? {}), { maxLength: 4 }))
  if (schema.properties) {
    const fields = Object.entries(schema.properties).map(([name, one]) => [name, anyValueOf(one)])
    right.push(fc.record(Object.fromEntries(fields), { requiredKeys: [] }))
  }
  if (right.length === 0) {
    const times = fc.date({ noInvalidDate: true }).map((at) => at.toISOString())
    right.push(anyText, times, fc.constantFrom('https://example.com/hook', 'new-hook', '24h', '0'))
  }
  return fc.oneof({ weight: 6, arbitrary: fc.oneof(...right) }, { weight: 1, arbitrary: fc.jsonValue() })
}

const toText = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
/** `encodeURIComponent` throws at half a surrogate. */
const encode = (text: string) => encodeURIComponent(text.toWellFormed())

const requests = fc.tuple(fc.nat(), fc.boolean()).chain(([n, isSpoiled]): fc.Arbitrary<Asked> => {
  const { method, path, operation } = operations[n % operations.length] ?? {
    method: 'get',
    path: '/',
    operation: {},
  }
  const parameters = operation.parameters ?? []
  const valuesIn = (place: string) =>
    fc.record(
      Object.fromEntries(
        parameters
          .filter((one) => one.in === place)
          .map(({ name, schema }) => [
            name,
            name === 'cursor' ? fc.oneof(cursors, anyText) : anyValueOf(schema),
          ]),
      ),
      place === 'path' ? {} : { requiredKeys: [] },
    )
  const schema = operation.requestBody?.content['application/json']?.schema
  return fc
    .record({
      path: valuesIn('path'),
      query: valuesIn('query'),
      headers: valuesIn('header'),
      body: schema === undefined ? fc.constant(undefined) : anyValueOf(schema),
      spoiled: isSpoiled ? spoiled : fc.constant({}),
    })
    .map(({ spoiled: change, ...parts }) => ({ ...ask(method, path, parts), ...change }))
})

/** What no schema speaks of. */
const spoiled = fc.record(
  {
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
    body: fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('{', '"\\ud800"', '{"__proto__":1}', `[${'['.repeat(5000)}`),
    ),
    path: fc
      .tuple(fc.constantFrom('/api/v1/', '/', '/api/v1/migrations/', '/api/v1/hooks/'), anyText, fc.boolean())
      .map(([start, text, raw]) => start + (raw ? text.replace(/[^!-~]/g, '%') : encode(text))),
  },
  { requiredKeys: [] },
)

interface Parts {
  readonly path: Record<string, unknown>
  readonly query: Record<string, unknown>
  readonly headers: Record<string, unknown>
  readonly body?: unknown
}

function ask(method: string, template: string, { path, query, headers, body }: Parts): Asked {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encode(toText(path[name])))
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encode(toText(value))}`)
  const sent = Object.entries(headers).map(([name, value]) => [name, toText(value).replace(/[^ -~]/g, '')])
  return {
    method: method.toUpperCase(),
    path: pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`,
    headers: Object.fromEntries(sent),
    body: body === undefined ? null : JSON.stringify(body),
  }
}

interface Got {
  readonly status: number
  readonly type: string
  readonly text: string
}

const ANSWER_MS = 10_000

/** Past `fetch`, which would mend addresses. A stream has answered once its head is there. */
function make({ method, path, headers, body }: Asked): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>()
  const json =
    body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const { hostname, port } = new URL(server.url())
  const sent = send({ hostname, port, method, path, headers: { ...headers, ...json } }, (response) => {
    const { statusCode: status = 0 } = response
    const type = response.headers['content-type'] ?? ''
    let text = ''
    const end = () => resolve({ status, type, text })
    response
      .setEncoding('utf8')
      .on('data', (part) => (text += part))
      .on('end', end)
    if (type.startsWith('text/event-stream')) {
      end()
      response.destroy()
    }
  })
  // Else the run would end without a word of what it was that nobody answered.
  sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error(`no answer within ${ANSWER_MS} ms`)))
  sent.on('error', reject)
  sent.end(body ?? undefined)
  return promise
}

test('no request whatsoever brings the API down, or gets an answer that is not JSON', async () => {
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(requests, async (asked) => {
      // Waiting is what was asked for; there is nothing to learn from it.
      const quick = { ...asked, path: asked.path.replace(/wait=[^&]*/, 'wait=0') }
      const { status, type, text } = await make(quick)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      // 502 is the provider's fault, which here does not answer.
      if (status >= 500 && status !== 502) throw new Error(`${status}: ${text}`)
      // The page, metrics and the stream are no JSON.
      if (text === '' || (status < 400 && /^text\/(html|plain|event-stream)/.test(type))) return
      expect(type).toMatch(status < 400 ? /^application\/json/ : /^application\/problem\+json/)
      expect(JSON.parse(text)).toBeTypeOf('object')
      if (status >= 400) expect(JSON.parse(text)).toMatchObject({ status, title: expect.any(String) })
    }),
    { numRuns: 1500 },
  )
  // Enough of them got through that the test says something.
  expect(statuses.get(200)).toBeGreaterThan(200)
  expect(statuses.get(400)).toBeGreaterThan(100)
}, 120_000)
