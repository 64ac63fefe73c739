/** @import { Phase, Transition } from './types.d.ts' */

/**
 * A stretch of a migration's life: in one status for certain, or between two, where nobody knows when it changed.
 *
 * @typedef {{ kind: 'known', phase: Phase, status: string, fromMs: number, toMs: number }
 *   | { kind: 'between', phase: Phase, status: string, fromMs: number, toMs: number }} Stretch
 */

/**
 * @param {readonly Transition[]} transitions by `seq`
 * @param {number} untilMs when the last stretch ends
 * @returns {Stretch[]} without gaps, in order
 */
export function stretchesOf(transitions, untilMs) {
  /** @type {Stretch[]} */
  const stretches = []
  let atMs = Date.parse(transitions[0]?.not_before ?? transitions[0]?.not_after ?? '')
  transitions.forEach(({ to_phase: phase, to_status: status, not_after }, index) => {
    const seenMs = Math.max(atMs, Date.parse(not_after))
    if (seenMs > atMs) stretches.push({ kind: 'between', phase, status, fromMs: atMs, toMs: seenMs })
    const next = transitions[index + 1]
    const leftMs = next === undefined ? untilMs : Date.parse(next.not_before ?? next.not_after)
    const toMs = Math.max(seenMs, leftMs)
    stretches.push({ kind: 'known', phase, status, fromMs: seenMs, toMs })
    atMs = toMs
  })
  return stretches
}
