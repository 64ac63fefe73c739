import pg from 'pg'
import type { Logger } from 'pino'

import { prepareSession, withLibpqMeaning } from '../runtime/postgres-session.ts'
import type { Service } from '../runtime/service.ts'
import { trackSockets } from './sockets.ts'

const RECONNECT_MS = 1_000
const ANSWER_MS = 5_000
const END_MS = 1_000

/**
 * Listens on a channel and calls back for each ring (and, with an empty payload, once it listens), reconnecting for
 * ever. A ring may be lost while the connection is
 * down: it only saves waiting, and whoever listens must look by itself now and then.
 */
export function listenTo(
  url: string,
  channel: string,
  onRing: (payload: string) => void,
  log: Logger,
): Service {
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | null = null
  let stopped = true
  const sockets = trackSockets()

  function reconnectLater(failed: pg.Client): void {
    if (stopped || client !== failed) return
    client = null
    failed.end().catch(() => {})
    timer = setTimeout(connect, RECONNECT_MS)
  }

  function connect(): void {
    const next = new pg.Client({
      connectionString: withLibpqMeaning(url),
      application_name: 'landfall-listen',
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
      stream: sockets.stream,
    })
    client = next
    next.on('error', (err) => {
      log.debug({ err, channel }, 'listen.connection_lost')
      reconnectLater(next)
    })
    next.on('end', () => reconnectLater(next))
    next.on('notification', ({ payload = '' }) => onRing(payload))
    next
      .connect()
      .then(() => prepareSession(next, { statementMs: 0, idleInTransactionMs: 0, searchPath: 'public' }))
      .then(() => next.query(`listen ${pg.escapeIdentifier(channel)}`))
      .then(() => onRing(''))
      .catch(() => reconnectLater(next))
  }

  async function stop(): Promise<void> {
    stopped = true
    if (timer !== null) clearTimeout(timer)
    const last = client
    client = null
    if (last !== null)
      await sockets.endWithin(
        END_MS,
        last.end().catch(() => {}),
      )
  }

  async function start(): Promise<void> {
    stopped = false
    connect()
  }

  return { name: `listen:${channel}`, start, stop }
}
