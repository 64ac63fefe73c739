import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { describeIssues } from '../runtime/describe-issues.ts'
import type { Db } from '../store/db.ts'
import { disableHook, enableHook, type HookRow, listHooks } from '../store/hooks.ts'
import { listHookDeliveries } from '../store/views.ts'
import { sendProblem } from './problem.ts'
import { addStoredHooks, type StoredHookActions } from './stored-hooks.ts'

/** What people do with hooks beyond what the database alone can do. */
interface HookActions extends StoredHookActions {
  /** Sends one event past the outbox; null where this process cannot send to that hook. */
  readonly test: (name: string) => Promise<object | null>
  /** What receivers verify ed25519 signatures with. */
  readonly publicKeysOf: (name: string) => readonly string[]
}

export interface HooksDeps {
  readonly db: Db
  readonly hookActions: HookActions
}

type ByName = { Params: { name: string } }

const deliveriesQuery = z.strictObject({
  state: z.enum(['pending', 'delivered', 'dead', 'held']).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(50),
})

/** How hooks do, and what people do about them. */
export function addHooks(app: FastifyInstance, { db, hookActions }: HooksDeps): void {
  addStoredHooks(app, hookActions)
  const tell = (row: HookRow) => ({ ...row, public_keys: hookActions.publicKeysOf(row.name) })

  app.get('/api/v1/hooks', async () => ({ hooks: (await listHooks(db)).map(tell) }))

  app.get<ByName>('/api/v1/hooks/:name', async ({ params: { name } }, reply) => {
    const hook = await findHook(db, name)
    return hook === undefined ? noSuchHook(reply, name) : { hook: tell(hook) }
  })

  app.post<ByName>('/api/v1/hooks/:name/enable', async ({ params: { name } }, reply) => {
    if ((await findHook(db, name)) === undefined) return noSuchHook(reply, name)
    return { name, state: 'active', released: (await enableHook(db, name)) ?? 0 }
  })

  app.post<ByName>('/api/v1/hooks/:name/disable', async ({ params: { name } }, reply) => {
    if ((await findHook(db, name)) === undefined) return noSuchHook(reply, name)
    await disableHook(db, name, 'disabled by hand')
    return { name, state: 'disabled' }
  })

  app.post<ByName>('/api/v1/hooks/:name/test', async ({ params: { name } }, reply) => {
    if ((await findHook(db, name)) === undefined) return noSuchHook(reply, name)
    const outcome = await hookActions.test(name)
    return outcome ?? sendProblem(reply, 409, `this process cannot send to hook ${name}; its log says why`)
  })

  app.get<ByName>('/api/v1/hooks/:name/deliveries', async ({ params: { name }, query }, reply) => {
    const asked = deliveriesQuery.safeParse(query)
    if (!asked.success) return sendProblem(reply, 400, describeIssues(asked.error))
    if ((await findHook(db, name)) === undefined) return noSuchHook(reply, name)
    const { state = null, limit } = asked.data
    return { deliveries: await listHookDeliveries(db, name, state, limit) }
  })
}

async function findHook(db: Db, name: string): Promise<HookRow | undefined> {
  return (await listHooks(db)).find((hook) => hook.name === name)
}

function noSuchHook(reply: FastifyReply, name: string): FastifyReply {
  return sendProblem(reply, 404, `no hook is called ${name}`)
}
