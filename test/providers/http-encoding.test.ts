import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'

import { parseHint } from '../../src/domain/hint.ts'
import { createAnonProvider } from '../../src/providers/anon/client.ts'
import { createGenericProvider } from '../../src/providers/generic/client.ts'
import { createProviderHttp } from '../../src/providers/http.ts'
import { always, KEY, serve } from './server.ts'

const never = new AbortController().signal
const unusable = (reason: string, passing: boolean) => ({ kind: 'unusable', reason, passing })

async function ask(baseUrl: string, limits = {}) {
  const http = createProviderHttp({ baseUrl, headers: () => ({}), limits })
  onTestFinished(() => http.close())
  return http.getJson('things/1', {}, never)
}

describe('a body', () => {
  const layers: readonly [string, (body: string) => Buffer][] = [
    ['gzip', gzipSync],
    ['X-Gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['gzip, br', (body) => brotliCompressSync(gzipSync(body))],
    ['identity', (body) => Buffer.from(body)],
  ]
  const packed = (encoding: string, body: Buffer) =>
    serve((_req, res) => res.writeHead(200, { 'content-encoding': encoding }).end(body))

  test.each(layers)('that is compressed against our wish is read all the same (%s)', async (name, pack) => {
    const server = await packed(name, pack('{"a":"BODY"}'))
    expect(await ask(server.origin)).toEqual({ kind: 'ok', value: { a: 'BODY' } })
  })

  test.each(layers.slice(0, 7))('whose compression is cut off is unusable (%s)', async (name, pack) => {
    const whole = pack(JSON.stringify(Array.from({ length: 300 }, (_, i) => `BODY ${i * 7919}`)))
    for (const length of [whole.length - 1, whole.length >> 1]) {
      const server = await packed(name, whole.subarray(0, length))
      expect(await ask(server.origin)).toMatchObject({ kind: 'unusable', passing: true })
    }
  })

  test.each(layers.slice(0, 7))(
    'that unpacks to more than the limit is given up there (%s)',
    async (name, pack) => {
      const server = await packed(name, pack(JSON.stringify('x'.repeat(3_000_000))))
      const answer = await ask(server.origin, { bodyBytes: 1024 * 1024 })
      expect(answer).toMatchObject(unusable('body is larger than 1 MiB', false))
    },
  )

  test('in an encoding that is not known says so', async () => {
    const server = await packed('compress', Buffer.from('BODY'))
    const reason = 'body has a content encoding that is not known (compress)'
    expect(await ask(server.origin)).toEqual(unusable(reason, false))
  })

  test('keeps whole numbers beyond 2^53 to their last digit', async () => {
    const text = '{"id":9007199254740993,"n":[12345678901234567890,-9007199254740993,1.5,1e21]}'
    const answer = await ask((await serve(always(200, text))).origin)
    const value = answer.kind === 'ok' ? answer.value : null
    expect(JSON.stringify(value)).toBe(text.replace('1e21', '1e+21'))
  })
})

describe('an id that is a number beyond 2^53', () => {
  const row =
    '{"id":9007199254740993,"status":"WORKING","company_id":12345678901234567890,"rows":9007199254740995}'

  test('is kept as it came, with all that came with it, by anon', async () => {
    const server = await serve((_req, res, { path }) =>
      res.end(path.endsWith('migrations') ? `[${row}]` : row),
    )
    const anon = createAnonProvider({ apiKey: KEY, baseUrl: server.origin })
    onTestFinished(() => anon.close())
    const answer = await anon.list(0, 10, never)
    const reading = answer.kind === 'ok' ? answer.value.readings[0] : undefined
    expect(reading).toMatchObject({ migrationId: '9007199254740993', companyId: '12345678901234567890' })
    expect(JSON.stringify(reading?.attributes)).toBe('{"rows":9007199254740995}')
    expect(await anon.get('9007199254740993', never)).toMatchObject({ kind: 'ok' })
    // A neighbour that is the same number to a double.
    expect(await anon.get('9007199254740992', never)).toMatchObject({ kind: 'unusable' })
  })

  test('is kept as it came by a described API, and an empty list may be a 204', async () => {
    let isEmpty = false
    const server = await serve((_req, res) =>
      isEmpty ? res.writeHead(204).end() : res.end(`{"jobs":[${row}]}`),
    )
    const generic = createGenericProvider({
      apiKey: KEY,
      baseUrl: server.origin,
      statusMap: {},
      api: {
        list: '/jobs',
        get: '/jobs/{id}',
        keyHeader: 'authorization',
        keyScheme: null,
        pageParameter: 'page',
        pageSizeParameter: null,
        items: 'jobs',
        item: null,
        id: 'id',
        status: 'status',
        created: null,
        company: 'company_id',
      },
    })
    onTestFinished(() => generic.close())
    const list = () => generic.list?.(0, 10, never)
    const seen = { migrationId: '9007199254740993', companyId: '12345678901234567890' }
    expect(await list()).toMatchObject({ kind: 'ok', value: { readings: [seen] } })
    isEmpty = true
    expect(await list()).toMatchObject({ kind: 'ok', value: { readings: [], size: 0 } })
    expect(await generic.get('7', never)).toMatchObject({ kind: 'unusable' })
  })

  test('names its migration in a webhook of the provider', () => {
    const body =
      '{"type":"migration.updated","data":{"object":{"object":"migration","id":9007199254740993,"status":"COMPLETE"}}}'
    expect(parseHint(body)).toMatchObject({ migrationId: '9007199254740993', status: 'COMPLETE' })
  })
})

test('an empty list may be a 204, and one migration may not', async () => {
  const server = await serve((_req, res) => res.writeHead(204).end())
  const anon = createAnonProvider({ apiKey: KEY, baseUrl: server.origin })
  onTestFinished(() => anon.close())
  expect(await anon.list(0, 10, never)).toMatchObject({ kind: 'ok', value: { readings: [], size: 0 } })
  expect(await anon.get('m-1', never)).toMatchObject({ kind: 'unusable' })
})
