import type { FastifyInstance, FastifyReply } from 'fastify'

import type { Refusal } from '../domain/stored-hook.ts'
import { sendProblem } from './problem.ts'

type Changed = { readonly kind: 'ok'; readonly name: string } | Refusal

/** Each reads its body by itself, and says what is wrong with it. */
export interface StoredHookActions {
  readonly add: (raw: unknown) => Promise<Changed>
  readonly alter: (name: string, raw: unknown) => Promise<Changed>
  readonly rotate: (name: string, raw: unknown) => Promise<Changed>
  readonly remove: (name: string) => Promise<Changed>
}

type ByName = { Params: { name: string } }

/** Hooks that stand in the database, beside those of the configuration. A secret is in one answer, and in no other. */
export function addStoredHooks(app: FastifyInstance, actions: StoredHookActions): void {
  app.post('/api/v1/hooks', async ({ body }, reply) => {
    const made = await actions.add(body ?? {})
    if (made.kind === 'ok') void reply.code(201).header('location', `/api/v1/hooks/${made.name}`)
    return answer(reply, made)
  })
  app.patch<ByName>('/api/v1/hooks/:name', async ({ params, body }, reply) =>
    answer(reply, await actions.alter(params.name, body ?? {})),
  )
  app.post<ByName>('/api/v1/hooks/:name/rotate', async ({ params, body }, reply) =>
    answer(reply, await actions.rotate(params.name, body ?? {})),
  )
  app.delete<ByName>('/api/v1/hooks/:name', async ({ params }, reply) => {
    const removed = await actions.remove(params.name)
    return removed.kind === 'ok' ? reply.code(204).send() : answer(reply, removed)
  })
}

const STATUSES = { invalid: 400, missing: 404, conflict: 409, no_key: 409 } as const

function answer(reply: FastifyReply, changed: Changed): FastifyReply {
  if (changed.kind === 'refused') return sendProblem(reply, STATUSES[changed.why], changed.message)
  const { kind: _, ...told } = changed
  return reply.header('cache-control', 'no-store').send(told)
}
