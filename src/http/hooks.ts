import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Db } from '../store/db.ts'
import { disableHook, enableHook, type HookRow, listHooks } from '../store/hooks.ts'
import { deliveries, deliveriesOfHook, tellDeliveries } from './deliveries.ts'
import { at, count, text } from './fields.ts'
import { sendProblem } from './problem.ts'
import { addStoredHooks, type StoredHookActions } from './stored-hooks.ts'

/** What people do with hooks beyond what the database alone can do. */
interface HookActions extends StoredHookActions {
  /** Sends one event past the outbox; null where this process cannot send to that hook. */
  readonly test: (name: string) => Promise<z.input<typeof tested> | null>
  /** What receivers verify ed25519 signatures with. */
  readonly publicKeysOf: (name: string) => readonly string[]
}

export interface HooksDeps {
  readonly db: Db
  readonly hookActions: HookActions
}

const hook = z
  .object({
    name: z.string(),
    kind: z.string(),
    source: z.enum(['configured', 'stored']),
    state: z.enum(['active', 'disabled']),
    state_reason: z.string().nullable(),
    failures: count,
    failing_since: at.nullable(),
    paused_until: at.nullable(),
    events: z.array(z.string()),
    pending: count,
    held: count,
    dead: count,
    public_keys: z.array(z.string()),
  })
  .meta({ id: 'Hook' })

const tested = z
  .object({
    name: z.string(),
    event_id: z.string(),
    kind: z.enum(['accepted', 'refused', 'unreachable', 'failed', 'refused_address']),
    status: count.optional(),
    excerpt: z.string().optional(),
    reason: z.string().optional(),
    duration_ms: z.number().optional(),
    retry_after_ms: z.number().optional(),
  })
  .meta({ id: 'HookTest' })

const byName = z.object({ name: text })
const PATH = '/api/v1/hooks/:name'

/** How hooks do, and what people do about them. */
export async function addHooks(app: FastifyInstance, deps: HooksDeps): Promise<void> {
  await addStoredHooks(app, deps.hookActions)
  addHookLists(app, deps)
  addHookActions(app, deps)
}

function addHookLists(app: FastifyInstance, { db, hookActions }: HooksDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tell = (row: HookRow) => ({ ...row, public_keys: [...hookActions.publicKeysOf(row.name)] })

  api.get(
    '/api/v1/hooks',
    { schema: { operationId: 'listHooks', response: { 200: z.object({ hooks: z.array(hook) }) } } },
    async () => ({ hooks: (await listHooks(db)).map(tell) }),
  )

  api.get(
    PATH,
    { schema: { operationId: 'getHook', params: byName, response: { 200: z.object({ hook }) } } },
    async ({ params: { name } }, reply) => {
      const found = await findHook(db, name)
      return found === undefined ? noSuchHook(reply, name) : { hook: tell(found) }
    },
  )

  api.get(
    `${PATH}/deliveries`,
    {
      schema: {
        operationId: 'listHookDeliveries',
        params: byName,
        querystring: deliveriesOfHook,
        response: { 200: deliveries },
      },
    },
    async ({ params: { name }, query }, reply) => {
      if ((await findHook(db, name)) === undefined) return noSuchHook(reply, name)
      return tellDeliveries(db, { ...query, hook: name })
    },
  )
}

const enabled = z.object({ name: z.string(), state: z.literal('active'), released: count })
const disabled = z.object({ name: z.string(), state: z.literal('disabled') })

function addHookActions(app: FastifyInstance, { db, hookActions }: HooksDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>()

  api.post(
    `${PATH}/enable`,
    { schema: { operationId: 'enableHook', params: byName, response: { 200: enabled } } },
    async ({ params: { name } }, reply) => {
      if ((await findHook(db, name)) === undefined) return noSuchHook(reply, name)
      return { name, state: 'active' as const, released: (await enableHook(db, name)) ?? 0 }
    },
  )

  api.post(
    `${PATH}/disable`,
    { schema: { operationId: 'disableHook', params: byName, response: { 200: disabled } } },
    async ({ params: { name } }, reply) => {
      if ((await findHook(db, name)) === undefined) return noSuchHook(reply, name)
      await disableHook(db, name, 'disabled by hand')
      return { name, state: 'disabled' as const }
    },
  )

  api.post(
    `${PATH}/test`,
    { schema: { operationId: 'testHook', params: byName, response: { 200: tested } } },
    async ({ params: { name } }, reply) => {
      if ((await findHook(db, name)) === undefined) return noSuchHook(reply, name)
      const outcome = await hookActions.test(name)
      return outcome ?? sendProblem(reply, 409, `this process cannot send to hook ${name}; its log says why`)
    },
  )
}

async function findHook(db: Db, name: string): Promise<HookRow | undefined> {
  return (await listHooks(db)).find((one) => one.name === name)
}

function noSuchHook(reply: FastifyReply, name: string): FastifyReply {
  return sendProblem(reply, 404, `no hook is called ${name}`)
}
