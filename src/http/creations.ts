import type { FastifyReply } from 'fastify'
import { z } from 'zod'

import { text } from './fields.ts'
import { sendProblem } from './problem.ts'

/** What came of a creation. */
type Made =
  | { readonly kind: 'created'; readonly migrationId: string; readonly isNew: boolean }
  | { readonly kind: 'pending'; readonly reason: string }
  | { readonly kind: 'refused'; readonly why: string; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string; readonly candidates: readonly string[] }

interface CreationOrder {
  readonly externalId: string
  readonly request: Readonly<Record<string, unknown>>
}

export interface CreationsDeps {
  /** Null where the account is not configured. */
  readonly create: (account: string, order: CreationOrder) => Promise<Made | null>
}

export const creationBody = z.strictObject({
  account: text,
  external_id: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,255}$/, 'expected letters, digits, - and _, at most 255 of them')
    .meta({ description: 'However often it is sent, it stands for one migration.' }),
  create: z
    .record(z.string(), z.unknown())
    .meta({ description: 'What the migration is made of, in the words of the provider.' }),
})

export const creation = z
  .object({
    account: z.string(),
    external_id: z.string(),
    state: z.enum(['created', 'pending', 'lost']),
    migration_id: z.string().nullable(),
    reason: z.string().nullable(),
    candidates: z.array(z.string()),
  })
  .meta({ id: 'Creation' })

/** Whose fault a refusal is. */
const STATUS: Readonly<Record<string, number>> = {
  invalid: 400,
  unable: 400,
  missing: 404,
  conflict: 409,
  other_request: 409,
}

/** Makes a migration where the provider can. */
export async function makeMigration(
  { create }: CreationsDeps,
  { account, external_id, create: request }: z.output<typeof creationBody>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const made = await create(account, { externalId: external_id, request })
  if (made === null) return sendProblem(reply, 404, `no account is called ${account}`)
  if (made.kind === 'refused') return sendProblem(reply, STATUS[made.why] ?? 502, made.reason)
  const nothing = { migration_id: null, reason: null, candidates: [] }
  const told = { ...nothing, account, external_id, state: made.kind }
  if (made.kind === 'created') {
    return reply.code(made.isNew ? 201 : 200).send({ ...told, migration_id: made.migrationId })
  }
  const candidates = made.kind === 'lost' ? made.candidates : []
  return reply.code(202).send({ ...told, reason: made.reason, candidates })
}
