import { z } from 'zod'

/** Postgres keeps neither NUL nor half a surrogate pair, and indexes no value of thousands of bytes. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !text.includes('\0') && text.isWellFormed())

/** Numbers are no documented ids, but where they come they must not lose digits. */
export const id = z.union([text(512), z.int().transform(String)])
