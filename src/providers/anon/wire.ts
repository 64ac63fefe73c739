import { z } from 'zod'

import { id, text } from '../wire-values.ts'

/** Anon's migration. Only what identifies it and its status is required; the rest may be of any shape. */
export const wireMigration = z.looseObject({
  object: z.literal('migration').optional(),
  id,
  status: text(200),
  created: z.unknown().optional(),
  created_by_user_id: id.nullish().catch(null),
  company_id: id.nullish().catch(null),
})

export type WireMigration = z.infer<typeof wireMigration>

/** What an envelope may say of further pages, all of it undocumented. */
export const wireEnvelope = z.object({
  has_more: z.boolean().optional().catch(undefined),
  next: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional().catch(undefined),
})
