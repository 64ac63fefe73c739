import type { FastifyInstance, FastifyReply, FastifySchemaCompiler } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import type { Refusal } from '../domain/stored-hook.ts'
import { text } from './fields.ts'
import { sendProblem } from './problem.ts'
import { validatorCompiler } from './validate.ts'

type Changed<T> = ({ readonly kind: 'ok' } & T) | Refusal

/** Each reads its body by itself, as what fits depends on the hook, and says what is wrong with it. */
export interface StoredHookActions {
  readonly add: (raw: unknown) => Promise<Changed<z.input<typeof made>>>
  readonly alter: (name: string, raw: unknown) => Promise<Changed<z.input<typeof named>>>
  readonly rotate: (name: string, raw: unknown) => Promise<Changed<z.input<typeof made>>>
  readonly remove: (name: string) => Promise<Changed<z.input<typeof named>>>
  /** The forms of those bodies. */
  readonly bodies: Readonly<Record<'add' | 'alter' | 'rotate', z.ZodType>>
}

const named = z.object({ name: z.string() })

const made = z
  .object({ name: z.string(), secret: z.string().nullable(), public_key: z.string().nullable() })
  .meta({ id: 'HookMade', description: 'The secret is told here, and nowhere else.' })

const byName = z.object({ name: text })
const PATH = '/api/v1/hooks/:name'

/** The action reads the body. */
const butBody: FastifySchemaCompiler<z.ZodType> = (part) =>
  part.httpPart === 'body' ? (value) => ({ value }) : validatorCompiler(part)

/** Hooks that stand in the database, beside those of the configuration. A secret is in one answer, and in no other. */
export async function addStoredHooks(app: FastifyInstance, actions: StoredHookActions): Promise<void> {
  await app.register(async (scope) => {
    scope.setValidatorCompiler(butBody)
    addRoutes(scope, actions)
  })
}

function addRoutes(app: FastifyInstance, actions: StoredHookActions): void {
  const { bodies } = actions
  const api = app.withTypeProvider<ZodTypeProvider>()

  api.post(
    '/api/v1/hooks',
    {
      schema: { operationId: 'addHook', body: bodies.add, response: { 201: made } },
    },
    async ({ body }, reply) => {
      const added = await actions.add(body ?? {})
      if (added.kind === 'refused') return refuse(reply, added)
      return reply
        .code(201)
        .header('location', `/api/v1/hooks/${added.name}`)
        .header('cache-control', 'no-store')
        .send(added)
    },
  )

  api.patch(
    PATH,
    {
      schema: { operationId: 'alterHook', params: byName, body: bodies.alter, response: { 200: named } },
    },
    async ({ params: { name }, body }, reply) => {
      const altered = await actions.alter(name, body ?? {})
      return altered.kind === 'refused' ? refuse(reply, altered) : altered
    },
  )

  api.post(
    `${PATH}/rotate`,
    {
      schema: { operationId: 'rotateHook', params: byName, body: bodies.rotate, response: { 200: made } },
    },
    async ({ params: { name }, body }, reply) => {
      const rotated = await actions.rotate(name, body ?? {})
      if (rotated.kind === 'refused') return refuse(reply, rotated)
      return reply.header('cache-control', 'no-store').send(rotated)
    },
  )

  api.delete(
    PATH,
    { schema: { operationId: 'removeHook', params: byName, response: { 204: z.undefined() } } },
    async ({ params: { name } }, reply) => {
      const removed = await actions.remove(name)
      return removed.kind === 'refused' ? refuse(reply, removed) : reply.code(204).send()
    },
  )
}

const STATUSES = { invalid: 400, missing: 404, conflict: 409, no_key: 409 } as const

function refuse(reply: FastifyReply, { why, message }: Refusal): FastifyReply {
  return sendProblem(reply, STATUSES[why], message)
}
