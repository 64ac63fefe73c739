/** @import { DeliveryState, Phase } from './types.d.ts' */

/** @type {readonly Phase[]} */
export const PHASES = [
  'pending',
  'running',
  'needs_input',
  'unknown',
  'succeeded',
  'partial',
  'failed',
  'abandoned',
]
/** @type {readonly ('pending' | 'running' | 'needs_input' | 'unknown')[]} */
export const LIVE_PHASES = ['pending', 'running', 'needs_input', 'unknown']
/** @type {readonly ('succeeded' | 'partial' | 'failed' | 'abandoned')[]} */
export const ENDINGS = ['succeeded', 'partial', 'failed', 'abandoned']

/** @type {readonly DeliveryState[]} */
export const DELIVERY_STATES = ['pending', 'held', 'dead', 'delivered']

/** What an event says, to people. */
const EVENT_WORDS = /** @type {Readonly<Record<string, string>>} */ ({
  'migration.discovered': 'Found',
  'migration.status_changed': 'Status changed',
  'migration.completed': 'Completed',
  'migration.completed_with_failures': 'Completed with failures',
  'migration.failed': 'Failed',
  'migration.abandoned': 'Abandoned',
  'migration.needs_input': 'Needs input',
  'migration.overdue': 'Overdue',
  'migration.reopened': 'Re-opened',
  'migration.vanished': 'Vanished',
  'migration.unknown_status': 'Unknown status',
  'account.baseline_completed': 'Baseline completed',
  'account.suspended': 'Account suspended',
  'account.resumed': 'Account resumed',
  'hook.failing': 'Hook failing',
  'hook.disabled': 'Hook disabled',
})

export const EVENT_TYPES = Object.keys(EVENT_WORDS)

export function eventWord(/** @type {string} */ type) {
  return EVENT_WORDS[type] ?? type
}

/** `needs_input` as people read it: `Needs input` */
export function wordOf(/** @type {string} */ name) {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const number = new Intl.NumberFormat('en')

/** `100,000` */
export function formatNumber(/** @type {number} */ n) {
  return number.format(n)
}

/** `1 migration`, `2,000 migrations` */
export function count(/** @type {number} */ n, /** @type {string} */ word) {
  if (n === 1) return `1 ${word}`
  return `${number.format(n)} ${word.endsWith('y') ? `${word.slice(0, -1)}ie` : word}s`
}

/** `12 %`, `0.4 %`, never broken over two lines */
export function formatShare(/** @type {number | null} */ share) {
  if (share === null) return '–'
  const percent = share * 100
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)}\u00a0%`
}
