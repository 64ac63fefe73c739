import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { type Bell, createBell } from '../../src/http/bell.ts'
import { DELIVERIES_CHANNEL } from '../../src/store/events.ts'
import { listenTo } from '../../src/store/notifications.ts'
import { createTestAccount, log, query, record, seen } from '../support/account.ts'
import { needs } from '../support/needs.ts'
import {
  hasReverseProxy,
  REVERSE_PROXIES,
  type ReverseProxy,
  startReverseProxy,
} from '../support/reverse-proxies.ts'
import { waitFor } from '../support/wait-for.ts'
import { createApi } from './serve.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let server: ReturnType<typeof createApi>
let listening: ReturnType<typeof listenTo>
/** Of the streams and long polls that waited for something new; aborted once their clients are gone. */
const signals = new Set<AbortSignal>()

beforeAll(async () => {
  landfall = await createTestAccount()
  await query(landfall.db, 'update landfall.account set baseline_at = now()')
  const bell = createBell()
  const next: Bell['next'] = (ms, signal) => {
    signals.add(signal)
    return bell.next(ms, signal)
  }
  server = createApi(landfall, { bell: { ...bell, next } })
  listening = listenTo(landfall.url, DELIVERIES_CHANNEL, bell.ring, log)
  await server.start()
  await listening.start()
}, 60_000)
afterAll(async () => {
  await listening.stop()
  await server.stop()
  await landfall.close()
})

const hasEnded = () => [...signals].every(({ aborted }) => aborted)

let ended = 0
/** Another migration ends; tells its id. */
async function land(): Promise<string> {
  ended += 1
  await record(landfall.deps, landfall.account, [seen(`m${ended}`, 'COMPLETE', ended)])
  return `m${ended}`
}

/** True once a long poll has shown an event of this migration. */
async function pollFor(url: string, migrationId: string): Promise<boolean> {
  for (let after = 'latest'; ; ) {
    const response = await fetch(`${url}/api/v1/events?after=${after}&wait=40s`)
    const { events, next } = (await response.json()) as { events: { subject: string }[]; next: string }
    if (events.some(({ subject }) => subject === migrationId)) return true
    after = next
  }
}

describe.each(REVERSE_PROXIES)('behind %s with its defaults', (kind) => {
  const has = hasReverseProxy(kind)
  const options = needs(`${kind} (install ${kind})`, has)
  let proxy: ReverseProxy
  beforeAll(async () => {
    if (has) proxy = await startReverseProxy({ kind, upstream: Number(new URL(server.url()).port) })
  })
  afterAll(async () => proxy?.stop())

  test(
    'an event stream opens at once, brings events as they happen, and ends with its client',
    options,
    async () => {
      const stop = new AbortController()
      onTestFinished(() => stop.abort())
      const { status, body } = await fetch(`${proxy.url}/api/v1/events/stream`, { signal: stop.signal })
      let text = ''
      const read = async () => {
        for await (const piece of body ?? []) text += Buffer.from(piece).toString()
      }
      const reading = read().catch(() => undefined)

      await waitFor(() => text.includes(': landfall'), { what: 'the first words' })
      const id = await land()
      await waitFor(() => text.includes(`"subject":"${id}"`), { what: 'the event' })
      expect(status).toBe(200)
      stop.abort()
      await reading
      const isOver = async () => {
        if (hasEnded()) return true
        // HAProxy sees that its client has gone when it has something to send to it.
        await land()
        return hasEnded()
      }
      await waitFor(isOver, { what: 'the server to end the stream' })
    },
  )

  test('a long poll answers as soon as there is something', options, async () => {
    const awaited = `m${ended + 1}`
    const found = pollFor(proxy.url, awaited)
    await waitFor(() => !hasEnded(), { what: 'the poll to wait' })
    expect(await land()).toBe(awaited)
    expect(await found).toBe(true)
  })
})
