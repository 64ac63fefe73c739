import type { FastifyInstance } from 'fastify'

import type { Db } from '../store/db.ts'
import { findMigrations, type Identity, listAccounts, listEvents, listTransitions } from '../store/views.ts'
import { sendProblem } from './problem.ts'

export interface TrackingDeps {
  readonly db: Db
  /** How late changes are noticed; null where an account's requests are not chosen by worth. */
  readonly foretell: (account: string) => Promise<object | null>
  /** When and why a migration is read next. */
  readonly explain: (migration: Identity) => Promise<object>
}

/** What is tracked, and what is to be expected of it. */
export function addTracking(app: FastifyInstance, { db, foretell, explain }: TrackingDeps): void {
  app.get('/api/v1/accounts', async () => {
    const accounts = await listAccounts(db)
    const plans = await Promise.all(accounts.map(({ account }) => foretell(account)))
    return { accounts: accounts.map((account, index) => ({ ...account, plan: plans[index] ?? null })) }
  })

  app.get<{ Params: { account: string; id: string } }>(
    '/api/v1/migrations/:account/:id',
    async ({ params: { account, id } }, reply) => {
      const [migration] = await findMigrations(db, id, account)
      if (migration === undefined) {
        return sendProblem(reply, 404, `account ${account} has no migration ${id}`)
      }
      const transitions = await listTransitions(db, migration)
      const events = await listEvents(db, migration)
      return { migration, transitions, events, next_reading: await explain(migration) }
    },
  )
}
