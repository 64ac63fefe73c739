import { formatDuration } from '../../domain/duration.ts'
import { nameOf } from '../find-migration.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { clean, cutMiddle } from '../text.ts'
import { formatDistance, msBetween } from '../times.ts'
import { type Awaited, hasEnded } from './outcome.ts'

/** One that has ended. */
export function describeEnd(shell: Shell, row: NonNullable<Awaited['row']>): string {
  const tookMs = msBetween(row.created_at, row.finished_at)
  const took = tookMs === null ? '' : `, ${formatDuration(tookMs)} after its creation`
  return `${nameOf(row)} ended: ${shell.paint(PHASE_STYLE[row.phase], clean(row.status))}${took}`
}

/** One that has not, in a word or two. */
export function describeState({ text, row }: Awaited): string {
  return row === null ? `${clean(text)} is not known yet` : `${nameOf(row)} is ${clean(row.status)}`
}

export interface Progress {
  readonly awaited: readonly Awaited[]
  readonly now: Date
  /** When the first one that has not ended is expected to be read next; null where nobody can say. */
  readonly nextReadingAt: Date | null
  /** Until the waiting ends anyway; null where it never does. */
  readonly leftMs: number | null
}

/** How far it is, in one line: of several, one that has not ended stands for all. */
export function describeProgress({ awaited, now, nextReadingAt, leftMs }: Progress): string {
  const ended = awaited.filter(hasEnded).length
  const left = awaited.filter((one) => !hasEnded(one))
  const first = left.find(({ row }) => row !== null) ?? left[0]
  const parts = [
    awaited.length > 1 ? `${ended} of ${awaited.length} ended` : '',
    first === undefined ? '' : describeFirst(first, now),
    leftMs === null ? '' : `gives up in ${formatDuration(Math.max(0, leftMs))}`,
    first?.row == null ? '' : `read ${formatDistance(first.row.last_observed_at, now)}`,
    describeNext(nextReadingAt, now),
  ]
  return parts.filter((part) => part !== '').join('; ')
}

function describeFirst({ text, row }: Awaited, now: Date): string {
  if (row === null) return `${cutMiddle(clean(text), 24)} is not known yet`
  const forMs = Math.max(0, now.getTime() - Date.parse(row.status_since))
  return `${cutMiddle(nameOf(row), 24)} ${clean(row.status)} for ${formatDuration(forMs)}`
}

function describeNext(at: Date | null, now: Date): string {
  if (at === null) return ''
  return at <= now ? 'next due' : `next ${formatDistance(at.toISOString(), now)}`
}

export function describeVanished(row: NonNullable<Awaited['row']>): string {
  return `${nameOf(row)} has vanished: the provider no longer knows it, so it will not end. landfall show tells its history.`
}

export function describeTimeout(awaited: readonly Awaited[], timeoutMs: number): string {
  const time = formatDuration(timeoutMs)
  const lines = awaited.flatMap((one) => {
    if (hasEnded(one)) return []
    if (one.row === null) return [`No migration ${clean(one.text)} appeared within ${time}.`]
    return [`${describeState(one)} (${one.row.phase}), and had not ended within ${time}.`]
  })
  return lines.join('\n')
}
