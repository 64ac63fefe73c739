import type { Logger } from 'pino'
import type { NoteError } from './error-log.ts'
import { createInspection, type Inspect } from './inspection.ts'
import { createRounds } from './rounds.ts'
import { createScheduleWatch } from './schedule-watch.ts'
import { finish, openSession, type Session, type SessionParts } from './session.ts'
import type { Wish } from './wish.ts'
import { endsWithin } from './within.ts'

/** Holds a session, looks after it every second, and replaces it when it does not work any more. */
export interface Watchdog {
  /** Null while the backend is out of reach. */
  session(): Session | null
  start(): Promise<void>
  stop(graceMs: number): Promise<void>
  /** Looks at once. */
  nudge(): void
}

export interface WatchdogParts extends SessionParts {
  readonly log: Logger
  readonly noteError: NoteError
}

export function createWatchdog(parts: WatchdogParts, wish: Wish): Watchdog {
  const { log, noteError, backend, handling } = parts
  const rounds = createRounds(1_000, look)
  // Outlives the sessions: a schedule that stopped in one is found at the first look of the next.
  const watchSchedules = createScheduleWatch()
  let current: { session: Session; inspect: Inspect; failures: number } | null = null
  let lostAtMs = performance.now()
  const leaving = new Set<Promise<void>>()

  async function look(): Promise<void> {
    if (!current) await open()
    if (current) await inspect(current)
  }

  async function open(): Promise<void> {
    try {
      const session = await openSession(parts)
      if (rounds.isStopping()) return await session.abandon()
      current = { session, inspect: createInspection(session, parts, wish, watchSchedules), failures: 0 }
    } catch (err) {
      noteError('warn', 'queue.unreachable', err, { backend: backend.name })
      return
    }
    log.info({ backend: backend.name, afterMs: Math.round(performance.now() - lostAtMs) }, 'queue.opened')
  }

  async function inspect(held: NonNullable<typeof current>): Promise<void> {
    try {
      if ((await held.inspect()) === 'stuck') abandon(held.session, new Error('jobs wait and none is taken'))
      held.failures = 0
    } catch (err) {
      if (rounds.isStopping()) return
      noteError('warn', 'queue.check_failed', err, { backend: backend.name })
      held.failures++
      // A short outage is better left to BullMQ, which then keeps its hold on the jobs at work.
      if (held.failures > 1 || isSchemaGone(err)) abandon(held.session, err)
    }
  }

  function abandon(session: Session, reason: unknown): void {
    log.warn({ backend: backend.name, err: reason }, 'queue.lost')
    current = null
    lostAtMs = performance.now()
    // In the background: connections that hang must not delay new ones.
    const left = session.abandon().finally(() => leaving.delete(left))
    leaving.add(left)
    rounds.nudge()
  }

  return {
    session: () => current?.session ?? null,
    nudge: rounds.nudge,
    // Without a backend the process starts all the same; it will come.
    start: async () => void (await endsWithin(5_000, rounds.start())),
    stop: async (graceMs) => {
      const ended = rounds.stop()
      await (current?.session.close(graceMs) ?? finish(Promise.resolve(), handling, graceMs))
      current = null
      await endsWithin(300, Promise.all([ended, ...leaving]))
    },
  }
}

/** Somebody dropped schema `bullmq`, or restored a database without it. */
function isSchemaGone(err: unknown): boolean {
  return err instanceof Error && 'code' in err && ['42P01', '42883', '3F000'].includes(String(err.code))
}
