import { z } from 'zod'

import { EVENT_TYPES } from '../domain/event-type.ts'
import { PHASES } from '../domain/phase.ts'

/* What requests and answers are made of. */

/** Postgres knows no text with a NUL in it, and half a surrogate has no bytes. */
export const text = z
  .string()
  .min(1)
  .max(500)
  .refine((value) => !value.includes('\0') && value.isWellFormed(), {
    error: 'expected a text without NUL characters and halves of others',
  })

/** Years that Postgres and JavaScript write alike. */
const isOrdinary = (value: string) => {
  const year = new Date(value).getUTCFullYear()
  return year >= 1 && year <= 9999
}

const MOMENT = 'expected a time such as 2026-03-04T09:00:00Z'

export const moment = z.iso.datetime({ offset: true, error: MOMENT }).refine(isOrdinary, { error: MOMENT })

export const date = moment.transform((value) => new Date(value))

export const limit = z.coerce.number().int().min(1).max(1_000).default(50)

/** Several values with commas between them. */
export const anyOf = <T extends z.ZodType<unknown, string>>(value: T) =>
  z
    .string()
    .transform((given) => given.split(','))
    .pipe(z.array(value).max(50))
    .meta({ description: 'Several with commas between them.' })

/** A place in a list, as whoever goes on with it sends it, and empty for its start. What it means is no part of the interface. */
export const cursorOf = <T extends z.ZodType>(place: T) =>
  z
    .string()
    .max(5_000)
    .transform((given, context): z.output<T> | undefined => {
      if (given === '') return undefined
      const read = place.safeParse(decode(given))
      if (read.success) return read.data
      context.issues.push({
        code: 'custom',
        input: given,
        message: 'expected the next_cursor of this very list, or none',
      })
      return z.NEVER
    })

export const nextCursor = z.string().nullable().meta({ description: 'Null at the end of the list.' })

export function encodeCursor(place: object | null): string | null {
  return place === null ? null : Buffer.from(JSON.stringify(place)).toString('base64url')
}

function decode(given: string): unknown {
  try {
    return JSON.parse(Buffer.from(given, 'base64url').toString())
  } catch {
    return null
  }
}

export const askedPhase = z.enum(PHASES)
export const askedType = z.enum(EVENT_TYPES)

/* Answers. */

export const at = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC.' })
export const count = z.number().int()
export const phase = askedPhase.meta({ id: 'Phase' })
export const eventType = askedType.meta({ id: 'EventType' })
export const anything = z.record(z.string(), z.unknown())
