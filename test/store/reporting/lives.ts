import fc from 'fast-check'

import type { Observation } from '../../../src/domain/reading.ts'
import { registerAccount } from '../../../src/store/accounts.ts'
import { createAccount, type createTestAccount, query, record, seen } from '../../support/account.ts'

type World = Awaited<ReturnType<typeof createTestAccount>>

const STATUSES = [
  'NOT_READY',
  'WORKING',
  'PENDING_USER_INPUT',
  'COMPLETE',
  'COMPLETED_WITH_FAILURES',
  'FAILED',
  'LOGIN_ABANDONED',
  'INVENTED',
] as const

/** What may happen to migrations: they are read, alone or many at a time, they vanish, and counts are folded meanwhile. */
export type Step =
  | { readonly kind: 'read'; readonly account: number; readonly readings: readonly Reading[] }
  | { readonly kind: 'vanish'; readonly account: number; readonly id: number }
  | { readonly kind: 'fold' }

interface Reading {
  readonly id: number
  readonly status: string
  readonly minutes: number
  readonly answerMinutes: number
  readonly company: string | null
  readonly via: 'get' | 'list'
}

const account = fc.nat({ max: 1 })
const reading: fc.Arbitrary<Reading> = fc.record({
  id: fc.nat({ max: 5 }),
  status: fc.constantFrom(...STATUSES),
  // Also of days before, and of other months.
  minutes: fc.oneof(
    { weight: 9, arbitrary: fc.nat({ max: 30 }) },
    { weight: 1, arbitrary: fc.nat({ max: 50_000 }) },
  ),
  // Slow answers are received after, and recorded before, younger ones.
  answerMinutes: fc.oneof(fc.constant(0), fc.nat({ max: 200 })),
  company: fc.constantFrom(null, '', 'abc', 'xyz'),
  via: fc.constantFrom('get', 'get', 'get', 'list'),
})

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('read' as const),
        account,
        readings: fc.uniqueArray(reading, { minLength: 1, maxLength: 4, selector: ({ id }) => id }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('vanish' as const), account, id: fc.nat({ max: 5 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'fold' as const }) },
  ),
  { minLength: 5, maxLength: 60, size: 'max' },
)

const ACCOUNTS = [createAccount({ name: 'acme' }), createAccount({ name: 'other' })] as const

export async function registerBoth({ db }: World): Promise<void> {
  for (const one of ACCOUNTS) await registerAccount(db, { ...one, provider: one.provider.kind })
}

export async function forgetAll({ db }: World): Promise<void> {
  await query(
    db,
    'truncate landfall.migration, landfall.transition, landfall.event, landfall.delivery cascade',
  )
}

/** Plays them in order, `lanes` at a time. */
export async function play(world: World, life: readonly Step[], lanes: number): Promise<void> {
  let minutes = 0
  const timed = life.map((step) => {
    minutes += step.kind === 'read' ? (step.readings[0]?.minutes ?? 0) : 0
    return { step, minutes }
  })
  const queue = timed.values()
  const work = async () => {
    for (const { step, minutes } of queue) await playStep(world, step, minutes)
  }
  await Promise.all(Array.from({ length: lanes }, work))
}

async function playStep({ db, deps }: World, step: Step, minutes: number): Promise<void> {
  if (step.kind === 'fold') await query(db, 'select landfall.fold_rollups()')
  else if (step.kind === 'vanish') {
    await query(
      db,
      'update landfall.migration set vanished_at = now() where account = $1 and migration_id = $2',
      [ACCOUNTS[step.account]?.name, `m${step.id}`],
    )
  } else {
    const account = ACCOUNTS[step.account] ?? ACCOUNTS[0]
    await record(
      deps,
      account,
      step.readings.map((one) => observe(one, minutes)),
    )
  }
}

function observe(one: Reading, minutes: number): Observation {
  const plain = seen(`m${one.id}`, one.status, minutes * 60 + one.id, one.via)
  const receivedAt = new Date(plain.receivedAt.getTime() + one.answerMinutes * 60_000)
  return { ...plain, receivedAt, companyId: one.company }
}
