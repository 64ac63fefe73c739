import { z } from 'zod'

import { id, text } from '../wire-values.ts'

const count = z.int().nonnegative()
/** What may be missing, and where it is of another shape is as good as missing. */
const maybe = <T extends z.ZodType>(type: T) => type.nullish().catch(null)

export const wireRun = z.looseObject({
  run_id: id,
  status: text(200),
  message: maybe(z.string()),
  blocked_reason: maybe(text(200)),
  questions: maybe(z.array(z.unknown())),
  credential_request: maybe(z.looseObject({})),
  /** There at all: rows were imported. What it holds, `wireReport` reads. */
  report: z.unknown().optional(),
  error: maybe(z.string()),
})

export const wireReport = z
  .looseObject({
    inserted: maybe(count),
    /** Rows, whatever its name says. */
    invalidCellCount: maybe(count),
    perSheet: z.unknown().optional(),
  })
  .catch({})

export type WireRun = z.infer<typeof wireRun>

export const wireMigration = z.looseObject({
  id,
  name: maybe(z.string()),
  source: maybe(z.string()),
  status: text(200),
  templates: maybe(z.array(z.looseObject({ slug: z.string() }))),
})

/** A 200 when all is over, a 409 before; both have the migration's own status. */
export const wireLog = z.looseObject({
  status: text(200),
  runs: maybe(
    z.array(
      z.looseObject({
        outcome: maybe(z.looseObject({ rows_written: maybe(count), invalid_rows: maybe(count) })),
      }),
    ),
  ),
})

export const wireStarted = z.looseObject({ run_id: id, status: text(200) })

export const wireSigned = z.object({
  files: z.array(z.looseObject({ name: z.string(), signed_url: z.url(), content_type: maybe(z.string()) })),
})
