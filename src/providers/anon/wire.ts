import { z } from 'zod'

/** Postgres keeps neither NUL nor half a surrogate pair, and indexes no value of thousands of bytes. */
const storable = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !text.includes('\0') && text.isWellFormed())

/** Numbers are no documented ids, but where they come they must not lose digits. */
const id = z.union([storable(512), z.int().transform(String)])

/** Anon's migration. Only what identifies it and its status is required; the rest may be of any shape. */
export const wireMigration = z.looseObject({
  object: z.literal('migration').optional(),
  id,
  status: storable(200),
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
