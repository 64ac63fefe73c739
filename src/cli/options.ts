import { InvalidArgumentError } from 'commander'

import { parseDuration } from '../domain/duration.ts'

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: true
}

export const JSON_FLAG = ['--json', 'print JSON'] as const
export const JSON_LINES_FLAG = ['--json', 'print JSON lines'] as const

/** Reads a whole number within these limits, both of them allowed. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`)
  }
}

/** Reads a number within these limits; the lower one is not allowed itself. */
export function numberAbove(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (number > least && number <= most) return number
    throw new InvalidArgumentError(`Expected a number above ${least}, up to ${most}.`)
  }
}

/** Reads `250ms`, `30s`, `5m`, `24h` or `7d` as milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms !== null && ms > 0) return ms
  throw new InvalidArgumentError('Expected a duration such as 30s, 5m or 1h.')
}

/** Reads a time, a day (UTC), or how long ago it was. */
export function moment(text: string): Date {
  const agoMs = parseDuration(text)
  const date = agoMs === null ? new Date(text) : new Date(Date.now() - agoMs)
  const isFull = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/i.test(text)
  if ((agoMs !== null || isFull) && !Number.isNaN(date.getTime())) return date
  throw new InvalidArgumentError(
    'Expected a time such as 2026-03-04T09:00:00Z, a day (UTC), or how long ago, such as 7d.',
  )
}
