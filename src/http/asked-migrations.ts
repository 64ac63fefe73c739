import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Db } from '../store/db.ts'
import { requestPoll } from '../store/request-poll.ts'
import { findMigrations, type Identity } from '../store/views/migrations.ts'
import { type CreationsDeps, creation, creationBody, makeMigration } from './creations.ts'
import { at, text } from './fields.ts'
import { migration } from './migrations.ts'
import { sendProblem } from './problem.ts'

type Tracked =
  | { readonly kind: 'tracked'; readonly isNew: boolean; readonly migration_id: string }
  | { readonly kind: 'missing' | 'suspended' | 'busy' }
  | { readonly kind: 'unusable'; readonly reason: string }

export interface AskedMigrationsDeps extends CreationsDeps {
  readonly db: Db
  /** Reads a migration at once, and follows it; null where this process knows no such account. */
  readonly track: (migration: Identity) => Promise<Tracked | null>
}

const tracked = z.object({ migration })
const due = z.object({ account: z.string(), migration_id: z.string(), next_poll_at: at })

const identity = z.strictObject({
  account: text,
  migration_id: text.refine((id) => id !== '.' && id !== '..', {
    error: 'expected an id that an address can hold',
  }),
})

/** What is to be read because somebody asks for it. */
export function addAskedMigrations(app: FastifyInstance, deps: AskedMigrationsDeps): void {
  const { db, track } = deps
  const api = app.withTypeProvider<ZodTypeProvider>()

  api.post(
    '/api/v1/migrations',
    {
      schema: {
        operationId: 'trackMigration',
        description:
          'Follows a migration: one that is there (`migration_id`), which is read at once, or one that is made (`create`). 201 where it was not known yet.',
        body: z.union([identity, creationBody]),
        response: {
          200: z.union([tracked, creation]),
          201: z.union([tracked, creation]),
          202: creation,
        },
      },
    },
    async ({ body }, reply) => {
      if ('create' in body) return makeMigration(deps, body, reply)
      const outcome = await track(body)
      if (outcome === null) return sendProblem(reply, 404, `no account is called ${body.account}`)
      if (outcome.kind !== 'tracked') return refuse(reply, body, outcome)
      const { account } = body
      const [found] = await findMigrations(db, outcome.migration_id, account)
      if (found === undefined) throw new Error(`track: ${account} has lost migration ${outcome.migration_id}`)
      const path = [account, found.migration_id].map(encodeURIComponent).join('/')
      return reply
        .code(outcome.isNew ? 201 : 200)
        .header('location', `/api/v1/migrations/${path}`)
        .send({ migration: found })
    },
  )

  api.post(
    '/api/v1/migrations/:account/:id/poll',
    {
      schema: {
        operationId: 'pollMigration',
        description: 'Reads the migration next, as soon as the budget allows.',
        params: z.object({ account: text, id: text }),
        response: { 202: due },
      },
    },
    async ({ params: { account, id: migration_id } }, reply) => {
      const requested = await requestPoll(db, { account, migration_id })
      if (requested.kind === 'due') {
        return reply.code(202).send({ account, migration_id, next_poll_at: requested.next_poll_at })
      }
      return requested.kind === 'unknown'
        ? sendProblem(reply, 404, `account ${account} has no migration ${migration_id}`)
        : sendProblem(reply, 409, `${migration_id} has vanished: the provider no longer knows it`)
    },
  )
}

function refuse(
  reply: FastifyReply,
  { account, migration_id }: Identity,
  outcome: Exclude<Tracked, { kind: 'tracked' }>,
): FastifyReply {
  switch (outcome.kind) {
    case 'missing':
      return sendProblem(reply, 404, `the provider of account ${account} knows no migration ${migration_id}`)
    case 'suspended':
      return sendProblem(reply, 409, `account ${account} is suspended: the provider refuses its key`)
    case 'busy':
      void reply.header('retry-after', '10')
      return sendProblem(reply, 503, `the budget of account ${account} let no request out in time; try again`)
    case 'unusable':
      return sendProblem(reply, 502, `the provider's answer was of no use: ${outcome.reason}`)
    default:
      return outcome satisfies never
  }
}
