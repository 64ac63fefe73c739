import { formatDuration } from '../domain/duration.ts'

/** `2026-03-04 09:22:41Z` */
export function formatMoment(text: string | null): string {
  return text === null ? '-' : `${text.slice(0, 10)} ${clockOf(text)}Z`
}

/** `09:22:41`, in UTC. */
export function clockOf(text: string): string {
  return text.slice(11, 19)
}

/** How long ago, or in how much time; `now` for less than a second. */
export function formatDistance(text: string | null, now: Date): string {
  if (text === null) return '-'
  const ms = new Date(text).getTime() - now.getTime()
  if (Math.abs(ms) < 1000) return 'now'
  return ms > 0 ? `in ${formatDuration(ms)}` : `${formatDuration(-ms)} ago`
}

/** Time from one moment to another; null where one is not known. */
export function msBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Math.max(0, new Date(to).getTime() - new Date(from).getTime())
}

/** How late a change can have been noticed: the time between the two readings around it. */
export function boundOf(change: { readonly not_before: string | null; readonly not_after: string }): string {
  const ms = msBetween(change.not_before, change.not_after)
  return ms === null ? '-' : formatDuration(ms)
}
