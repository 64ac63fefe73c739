import { computed, signal } from '@preact/signals'
import { clockAheadMs } from './session.js'

const ticked = signal(Date.now())

/** The server's time, as it passes. */
export const now = computed(() => ticked.value + clockAheadMs.value)

export function startClock() {
  setInterval(() => {
    if (!document.hidden) ticked.value = Date.now()
  }, 1_000)
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Two units at most, rounded down, in the words of the command line: `850 ms`, `1.5 s`, `1 min 20 s`, `2 days 4 h`. @returns {string} */
export function formatDuration(/** @type {number} */ ms) {
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms < SECOND) return `${Math.floor(ms)} ms`
  if (ms < 10 * SECOND) return `${Math.floor(ms / 100) / 10} s`
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return twoUnits(ms, [MINUTE, 'min'], [SECOND, 's'])
  if (ms < DAY) return twoUnits(ms, [HOUR, 'h'], [MINUTE, 'min'])
  return twoUnits(ms, [DAY, ms < 2 * DAY ? 'day' : 'days'], [HOUR, 'h'])
}

/** @typedef {readonly [ms: number, word: string]} Unit */

function twoUnits(
  /** @type {number} */ ms,
  /** @type {Unit} */ [large, word],
  /** @type {Unit} */ [small, smallWord],
) {
  const whole = Math.floor(ms / large)
  const rest = Math.floor((ms % large) / small)
  return rest === 0 ? `${whole} ${word}` : `${whole} ${word} ${rest} ${smallWord}`
}

/** One unit, for lists: `3 min`, `2 days`. */
export function formatRoughly(/** @type {number} */ ms) {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`
  const days = Math.floor(ms / DAY)
  return `${days} ${days === 1 ? 'day' : 'days'}`
}

/** `3 min ago`, `in 20 s`, `now`. */
export function formatDistance(/** @type {string} */ moment, /** @type {number} */ nowMs) {
  const ms = Date.parse(moment) - nowMs
  if (Math.abs(ms) < SECOND) return 'now'
  return ms > 0 ? `in ${formatRoughly(ms)}` : `${formatRoughly(-ms)} ago`
}

/** `2026-03-04 09:22:41` */
export function formatMoment(/** @type {string} */ moment) {
  return `${moment.slice(0, 10)} ${moment.slice(11, 19)}`
}

/** A duration of the API. */
export function formatSeconds(/** @type {number | null} */ seconds) {
  return seconds === null ? '–' : formatDuration(seconds * 1_000)
}
