import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Db } from '../store/db.ts'
import { listEvents, listTransitions } from '../store/views/history.ts'
import { listMigrations, MIGRATION_SORTS, type MigrationOrder } from '../store/views/migration-list.ts'
import { findMigrations, type Identity } from '../store/views/migrations.ts'
import { event } from './events.ts'
import {
  anyOf,
  anything,
  askedPhase,
  at,
  count,
  cursorOf,
  date,
  encodeCursor,
  limit,
  moment,
  nextCursor,
  phase,
  text,
} from './fields.ts'
import { sendProblem } from './problem.ts'

export interface MigrationsDeps {
  readonly db: Db
  /** When and why a migration is read next. */
  readonly explain: (migration: Identity) => Promise<z.input<typeof nextReading>>
}

const via = z.enum(['get', 'list'])

export const migration = z
  .object({
    account: z.string(),
    provider: z.string(),
    migration_id: z.string(),
    status: z.string(),
    phase,
    is_terminal: z.boolean(),
    company_id: z.string().nullable(),
    created_by_user_id: z.string().nullable(),
    created_at: at.nullable(),
    first_seen_at: at,
    status_since: at,
    finished_at: at.nullable(),
    last_observed_at: at,
    last_observed_via: via,
    next_poll_at: at.nullable(),
    polls: count,
    transitions: count,
    overdue: z.boolean(),
    vanished_at: at.nullable(),
    attributes: anything,
  })
  .meta({ id: 'Migration' })

const transition = z
  .object({
    account: z.string(),
    migration_id: z.string(),
    seq: count,
    from_status: z.string().nullable(),
    to_status: z.string(),
    from_phase: phase.nullable(),
    to_phase: phase,
    not_before: at.nullable(),
    not_after: at,
    observed_via: via,
    recorded_at: at,
  })
  .meta({ id: 'Transition' })

/** Figures that the planner reckons: null where they have no end. */
const figure = z.number().nullable()

const nextReading = z
  .object({
    suspended: z.boolean(),
    next_reading_at: at.nullable(),
    why: z.enum([
      'ended',
      'vanished',
      'asked',
      'doubted',
      'failed',
      'missing',
      'recheck',
      'backoff',
      'fixed',
      'worth',
    ]),
    by: z
      .union([
        z.object({ kind: z.literal('get') }),
        z.object({ kind: z.literal('list'), page: count, with: z.number() }),
      ])
      .optional(),
    latest_at: at.nullable().optional(),
    last_reading_at: at.optional(),
    ended_chance: figure.optional(),
    worth_seconds: figure.optional(),
    made_at_seconds: figure.optional(),
  })
  .meta({ id: 'NextReading' })

const SORTS = MIGRATION_SORTS.flatMap((by) => [by, `-${by}`] as const)

const place = z.strictObject({ sort: z.enum(SORTS), at: moment, account: text, migration_id: text })

const listed = z
  .strictObject({
    account: anyOf(text).optional(),
    status: anyOf(text).optional(),
    phase: anyOf(askedPhase).optional(),
    company_id: text.optional(),
    q: text.meta({ description: 'How the id of the migration, or of its company, begins.' }).optional(),
    live: z.literal('true').optional(),
    overdue: z.literal('true').optional(),
    created_after: date.optional(),
    created_before: date.optional(),
    sort: z.enum(SORTS).meta({ description: 'With - in front the newest come first.' }).optional(),
    limit,
    cursor: cursorOf(place).optional(),
  })
  .transform(({ sort: asked, ...query }) => ({ ...query, sort: asked ?? defaultSort(query) }))
  .refine(({ cursor, sort }) => cursor === undefined || cursor.sort === sort, {
    path: ['cursor'],
    error: 'the list was sorted otherwise when it was given',
  })
  .refine((query) => !isByCreation(query) || /created_at$/.test(query.sort), {
    path: ['sort'],
    error: 'created_after and created_before go with created_at and -created_at',
  })

type ByCreation = { readonly created_after?: Date | undefined; readonly created_before?: Date | undefined }

const isByCreation = ({ created_after, created_before }: ByCreation) =>
  created_after !== undefined || created_before !== undefined

const defaultSort = (query: ByCreation) => (isByCreation(query) ? '-created_at' : '-status_since')

const orderOf = (sort: (typeof SORTS)[number]): MigrationOrder => ({
  by: sort.replace('-', '') as MigrationOrder['by'],
  newestFirst: sort.startsWith('-'),
})

const identity = z.object({ account: text, id: text })

/** What is tracked. */
export function addMigrations(app: FastifyInstance, { db, explain }: MigrationsDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>()

  api.get(
    '/api/v1/migrations',
    {
      schema: {
        operationId: 'listMigrations',
        querystring: listed,
        response: { 200: z.object({ migrations: z.array(migration), next_cursor: nextCursor }) },
      },
    },
    async ({ query }) => {
      const filter = {
        accounts: query.account,
        statuses: query.status,
        phases: query.phase,
        company: query.company_id,
        prefix: query.q,
        live: query.live && true,
        overdue: query.overdue && true,
        createdAfter: query.created_after,
        createdBefore: query.created_before,
      }
      const { sort, limit: most, cursor } = query
      const page = await listMigrations(db, filter, { order: orderOf(sort), limit: most, after: cursor })
      return { migrations: [...page.rows], next_cursor: encodeCursor(page.next && { sort, ...page.next }) }
    },
  )

  api.get(
    '/api/v1/migrations/:account/:id',
    {
      schema: {
        operationId: 'getMigration',
        params: identity,
        response: {
          200: z.object({
            migration,
            transitions: z.array(transition),
            events: z.array(event),
            next_reading: nextReading,
          }),
        },
      },
    },
    async ({ params: { account, id } }, reply) => {
      const [found] = await findMigrations(db, id, account)
      if (found === undefined) return sendProblem(reply, 404, `account ${account} has no migration ${id}`)
      const transitions = await listTransitions(db, found)
      const events = await listEvents(db, found)
      return { migration: found, transitions, events, next_reading: await explain(found) }
    },
  )
}
