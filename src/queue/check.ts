import { Redis } from 'ioredis'
import { within } from './within.ts'

export type RedisCheck =
  | {
      readonly ok: true
      readonly version: string
      /** What Redis does when its memory is full; null where it does not say. */
      readonly evictionPolicy: string | null
    }
  | { readonly ok: false; readonly problem: string }

const patienceMs = 3_000
/** BullMQ's scripts need it. */
const oldestRedis = [6, 2] as const

/** Asks a Redis (or Valkey) whether it is there, lets us in, and can carry BullMQ. */
export async function checkRedis(url: string): Promise<RedisCheck> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: patienceMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  })
  let reason: Error | null = null
  client.on('error', (err: Error) => {
    reason = err
  })
  try {
    await within(patienceMs, client.connect(), 'connecting')
    const pong = await within(patienceMs, client.ping(), 'a PING')
    if (pong !== 'PONG') return { ok: false, problem: 'it does not answer a PING' }
    return judge(await within(patienceMs, client.info(), 'INFO'))
  } catch (err) {
    // The rejection itself says no more than "Connection is closed".
    return { ok: false, problem: wordsOf(reason ?? err) }
  } finally {
    client.disconnect()
  }
}

function judge(info: string): RedisCheck {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1]
  const evictionPolicy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? null
  if (version === undefined) return { ok: true, version: 'unknown', evictionPolicy }
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldestRedis
  const isRecent = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
  if (!isRecent) return { ok: false, problem: `it is version ${version}; 6.2 or newer is needed` }
  return { ok: true, version, evictionPolicy }
}

function wordsOf(err: unknown): string {
  if (err instanceof AggregateError) return err.errors.map(wordsOf).join('; ')
  return err instanceof Error ? err.message || err.name : String(err)
}
