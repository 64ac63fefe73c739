import { z } from 'zod'

import { integerText } from '../domain/exact-json.ts'

/** Postgres keeps neither NUL nor half a surrogate pair, and indexes no value of thousands of bytes. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !text.includes('\0') && text.isWellFormed())

/** Numbers are no documented ids, but where they come they must not lose digits. */
export const id = z.union([
  text(512),
  z.unknown().transform((value, context) => {
    const digits = integerText(value)
    if (digits !== null) return digits
    context.addIssue('neither a text nor a whole number')
    return z.NEVER
  }),
])
