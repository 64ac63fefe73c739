import type { AttemptOutcome } from '../../src/domain/delivery-policy.ts'
import type { OutgoingEvent } from '../../src/domain/outgoing-event.ts'
import { claimDueDeliveries } from '../../src/store/deliveries.ts'
import { deliverEvent, type Hook } from '../../src/work/deliver-event.ts'
import { type createTestAccount, query } from './account.ts'

type TestAccount = Awaited<ReturnType<typeof createTestAccount>>

/** What a hook answers; the default is that it accepts. */
export type Answering = (event: OutgoingEvent) => AttemptOutcome

export const accepted: AttemptOutcome = { kind: 'accepted', status: 204, durationMs: 1 }
export const refused = (status: number, retryAfterMs?: number): AttemptOutcome => ({
  kind: 'refused',
  status,
  excerpt: '',
  ...(retryAfterMs !== undefined && { retryAfterMs }),
})

const never = new AbortController().signal

/** Hooks without a network: attempts are made one round at a time, and time passes when a test says so. */
export function createTestHooks({ db, deps }: TestAccount, names: readonly string[]) {
  const answers = new Map<string, Answering>()
  const received = new Map<string, OutgoingEvent[]>(names.map((name) => [name, []]))
  const hooks = new Map(
    names.map((name): [string, Hook] => [
      name,
      {
        name,
        send: async (event) => {
          const outcome = answers.get(name)?.(event) ?? accepted
          if (outcome.kind === 'accepted') received.get(name)?.push(event)
          return outcome
        },
      },
    ]),
  )
  const { log, meter, random, newEventId } = deps

  /** Claims what is due, makes those attempts, and says how many there were. */
  async function round(only: readonly string[] = names): Promise<number> {
    const claims = await claimDueDeliveries(db, only)
    await Promise.all(
      claims.map((claim) => deliverEvent({ db, log, meter, hooks, random, newEventId }, claim, never)),
    )
    return claims.length
  }

  return {
    round,
    /** Rounds until nothing more is due. */
    drain: async () => {
      for (let made = -1; made !== 0; ) made = await round()
    },
    answer: (name: string, answering: Answering) => void answers.set(name, answering),
    /** What it accepted. */
    receivedBy: (name: string) => received.get(name) ?? [],
    /** Everything that waits or was noted becomes so much older. */
    passHours: async (hours: number) => {
      const by = `make_interval(secs => ${hours * 3600})`
      await query(
        db,
        `update landfall.delivery set next_attempt_at = next_attempt_at - ${by}, first_attempt_at = first_attempt_at - ${by}`,
      )
      await query(
        db,
        `update landfall.hook set failing_since = failing_since - ${by}, last_failure_at = last_failure_at - ${by},
         paused_until = paused_until - ${by}`,
      )
    },
  }
}
