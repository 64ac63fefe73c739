import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Rate } from '../store/bucket.ts'
import type { Db } from '../store/db.ts'
import { type AccountRow, findBudget, listAccounts } from '../store/views/accounts.ts'
import { at, count, text } from './fields.ts'
import { sendProblem } from './problem.ts'

export interface AccountsDeps {
  readonly db: Db
  /** How late changes are noticed; null where an account's requests are not chosen by worth. */
  readonly foretell: (account: string) => Promise<z.input<typeof plan> | null>
  /** What the configuration lets accounts spend, by name. */
  readonly rates: ReadonlyMap<string, Rate>
  /** Ends an account's suspension and its pause; null where there is no such account. */
  readonly resume: (
    account: string,
  ) => Promise<{ readonly suspended: boolean; readonly paused: boolean } | null>
}

/** Null where it has no end. */
const figure = z.number().nullable()
const lag = z.object({ mean_seconds: figure, p99_seconds: figure })

const plan = lag
  .extend({
    requests_per_second: z.number(),
    lag_goal_seconds: z.number(),
    live: count,
    utilisation: figure,
    requests_per_day: figure,
    requests_per_day_per_live: figure,
    bound_p50_seconds: figure,
    bound_p99_seconds: figure,
    sweep_seconds: figure,
    half_budget: lag,
    double_budget: lag,
  })
  .meta({ id: 'Plan' })

const budget = z
  .object({
    requests_per_second: z.number(),
    burst: count,
    effective_requests_per_second: z
      .number()
      .meta({ description: 'Less than configured while refusals or headers of the provider slow it down.' }),
    blocked_until: at.nullable(),
    used_last_hour: count.meta({ description: 'Requests, reckoned from whole hours.' }),
  })
  .meta({ id: 'Budget' })

const account = z
  .object({
    account: z.string(),
    provider: z.string(),
    policy: z.enum(['adaptive', 'backoff', 'fixed']),
    state: z.enum(['active', 'suspended']),
    state_reason: z.string().nullable(),
    baseline_at: at.nullable(),
    last_sweep_completed_at: at.nullable(),
    tracked: count,
    live: count,
    plan: plan.nullable(),
    budget: budget.nullable().meta({ description: 'Null where this process knows no such account.' }),
  })
  .meta({ id: 'Account' })

const resumed = z.object({
  account: z.string(),
  state: z.literal('active'),
  resumed: z.boolean().meta({ description: 'False where it was neither suspended nor waiting.' }),
})

/** Who is asked, and how much. */
export function addAccounts(app: FastifyInstance, { db, foretell, rates, resume }: AccountsDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>()

  async function tell(row: AccountRow): Promise<z.input<typeof account>> {
    const rate = rates.get(row.account)
    return {
      ...row,
      plan: await foretell(row.account),
      budget: rate === undefined ? null : await tellBudget(db, row.account, rate),
    }
  }

  api.get(
    '/api/v1/accounts',
    {
      schema: {
        operationId: 'listAccounts',
        response: { 200: z.object({ accounts: z.array(account) }) },
      },
    },
    async () => ({ accounts: await Promise.all((await listAccounts(db)).map(tell)) }),
  )

  api.post(
    '/api/v1/accounts/:name/resume',
    {
      schema: {
        operationId: 'resumeAccount',
        params: z.object({ name: text }),
        response: { 200: resumed },
      },
    },
    async ({ params: { name } }, reply) => {
      const was = await resume(name)
      if (was === null) return sendProblem(reply, 404, `no account is called ${name}`)
      return { account: name, state: 'active' as const, resumed: was.suspended || was.paused }
    },
  )
}

async function tellBudget(db: Db, name: string, rate: Rate): Promise<z.input<typeof budget> | null> {
  const found = await findBudget(db, name, rate)
  return found && { requests_per_second: rate.requestsPerSecond, burst: rate.burst, ...found }
}
