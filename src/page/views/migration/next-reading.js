import { html } from '../../html.js'
import { FullMoment } from '../../parts/moment.js'
import { formatSeconds } from '../../times.js'
import { formatShare } from '../../words.js'

/** @import { NextReading as Reading } from '../../types.d.ts' */

const WHY = /** @type {Readonly<Record<string, string>>} */ ({
  ended: 'It has ended, and its late re-checks are done: only sweeps read it from now on.',
  vanished: 'The provider no longer knows it. Should it come back, the next sweep finds it.',
  asked: 'Somebody asked for it; it waits for its place in the budget.',
  doubted: 'An answer contradicts what is known, so the migration itself is asked to confirm it.',
  failed: 'The last answer was of no use: it is asked again, ever later.',
  missing: 'The provider did not know it: it is asked again before it counts as vanished.',
  recheck: 'It has ended; some providers revise how, so it is read once more.',
  backoff: 'Policy backoff: the wait is as long as the status has already lasted.',
  fixed: 'Policy fixed: it is read every 30 s.',
})

/** When it is read next, and why then. @param {{ next: Reading, account: string }} props */
export function NextReading({ next, account }) {
  return html`
    ${next.suspended && html`<p><strong>Account ${account} is suspended:</strong> nothing is read until its key works again.</p>`}
    ${next.next_reading_at !== null && html`<p><${FullMoment} at=${next.next_reading_at} />, by ${byWhat(next)}</p>`}
    <p class="muted">${next.why === 'worth' ? whyWorth(next) : (WHY[next.why] ?? next.why)}</p>
    ${next.latest_at != null && html`<p class="muted">At the latest <${FullMoment} at=${next.latest_at} />, as far as the budget carries it.</p>`}
  `
}

function byWhat(/** @type {Reading} */ { by }) {
  return by?.kind === 'list' ? `page ${(by.page ?? 0) + 1} of the list` : 'get'
}

function whyWorth(/** @type {Reading} */ { worth_seconds: worth = 0, ended_chance: chance = 0 }) {
  const saved = worth < 0.01 ? 'next to nothing' : formatSeconds(worth)
  const share = chance < 0.001 ? 'less than 0.1 %' : formatShare(chance)
  return `Requests go where they save most delay. One for this migration would save ${saved} now: the chance that it has ended since it was last read is ${share}.`
}
