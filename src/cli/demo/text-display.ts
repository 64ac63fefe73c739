import { stripVTControlCharacters } from 'node:util'

import { formatDuration } from '../../domain/duration.ts'
import type { ChangeRow } from '../../store/changes.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { clean, count, cutMiddle, padEnd, widthOf } from '../text.ts'
import { clockOf, msBetween } from '../times.ts'
import type { Addresses, Display } from './display.ts'
import type { Received } from './receiver.ts'
import type { Kind, Standing, Tally } from './tally.ts'

const LABEL_STYLE = {
  found: 'blue',
  changed: 'cyan',
  landed: 'green',
  webhook: 'magenta',
  'so far': 'dim',
} as const

/** What a line may say, from all of it to the least. */
interface Room {
  readonly hasCompany: boolean
  readonly hasFrom: boolean
  readonly hasDetails: boolean
}
const ROOMS: readonly Room[] = [
  { hasCompany: true, hasFrom: true, hasDetails: true },
  { hasCompany: true, hasFrom: false, hasDetails: true },
  { hasCompany: false, hasFrom: false, hasDetails: true },
  { hasCompany: false, hasFrom: false, hasDetails: false },
]
const COMPANY_WIDTH = 9

export function createTextDisplay(shell: Shell): Display {
  const idWidth = shell.width() < 120 ? 9 : 13

  function subject({ hasCompany }: Room, id: string, company: string | null): string {
    const name = padEnd(cutMiddle(clean(id), idWidth), idWidth)
    return hasCompany
      ? `${name}  ${padEnd(cutMiddle(clean(company ?? '-'), COMPANY_WIDTH), COMPANY_WIDTH)}`
      : name
  }

  /** The first wording that fits the terminal. */
  function line(at: string, label: keyof typeof LABEL_STYLE, wordings: readonly string[]): void {
    const start = `${shell.paint('dim', clockOf(at))}  ${shell.paint(LABEL_STYLE[label], label.padEnd(7))}  `
    const lines = wordings.map((wording) => start + wording)
    const fitting = lines.find((one) => widthOf(stripVTControlCharacters(one)) <= shell.width())
    shell.print(fitting ?? lines.at(-1) ?? start)
  }

  function change(kind: Kind, row: ChangeRow): void {
    const to = shell.paint(PHASE_STYLE[row.to_phase], clean(row.to_status))
    const wordings = ROOMS.map((room) => {
      const told = kind === 'landed' ? `  ${tellLanding(row, room)}` : ''
      const from = row.from_status === null || !room.hasFrom ? '' : `${clean(row.from_status)} → `
      return `${subject(room, row.migration_id, row.company_id)}  ${from}${to}${told}`
    })
    line(row.not_after, kind === 'found_ended' ? 'found' : kind, wordings)
  }

  function webhook({ migrationId, companyId, type, isVerified, receivedAt }: Received): void {
    const verdict = isVerified ? shell.paint('green', 'verified') : shell.paint('red', 'WRONG')
    const wordings = ROOMS.map((room) => {
      const what = room.hasDetails ? 'signature ' : ''
      return `${subject(room, migrationId, companyId)}  ${clean(type)}, ${what}${verdict}`
    })
    line(receivedAt, 'webhook', wordings)
  }

  return {
    started: (addresses) => shell.print(renderHeader(shell, addresses)),
    foundEnded: (changes) => {
      const at = changes[0]?.not_after ?? ''
      line(at, 'found', [`${changes.length} that had ended before: recorded, and nobody is told`])
    },
    change,
    webhook,
    summary: (tally, standing) => {
      const [told, requests] = [tellTally(tally), tellRequests(standing)]
      const wordings = [
        `${told}; live ${tellLive(standing)}; ${requests} that the budget allows`,
        `${told}; live ${tellLive(standing)}; ${requests}`,
        `${told}; live ${totalOf(standing)}; ${requests}`,
        `${told}; live ${totalOf(standing)}`,
      ]
      line(
        new Date().toISOString(),
        'so far',
        wordings.map((text) => shell.paint('dim', text)),
      )
    },
    stopping: () => shell.note('\nStopping the daemon, its database, the provider and the receiver …'),
    stopped: (tally, standing, ranMs) => {
      const slowest = tally.slowestMs === null ? '' : `, each known within ${formatDuration(tally.slowestMs)}`
      shell.print(`\nAfter ${formatDuration(ranMs)}: ${tellTally(tally)}${slowest}.`)
      shell.print(`It made ${tellRequests(standing)} that the budget allowed.`)
      shell.print('All of it has stopped. For real migrations: set ANON_API_KEY, then npm start.')
    },
  }
}

function tellLanding(row: ChangeRow, { hasDetails }: Room): string {
  const tookMs = msBetween(row.created_at, row.not_after)
  const boundMs = msBetween(row.not_before, row.not_after)
  const took = tookMs === null || !hasDetails ? '' : `took ${formatDuration(tookMs)}, `
  return boundMs === null ? `${took}ended when first seen` : `${took}known within ${formatDuration(boundMs)}`
}

function tellTally({ found, landed, verified, unverified }: Tally): string {
  const wrong = unverified === 0 ? '' : ` (and ${unverified} with a WRONG signature)`
  return `found ${found}, landed ${landed}, ${count(verified, 'webhook')} verified${wrong}`
}

function tellLive(standing: Standing): string {
  const parts = [...standing.live].map(([phase, n]) => `${n} ${phase.replace('_', ' ')}`)
  return `${totalOf(standing)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`
}

function totalOf({ live }: Standing): number {
  return [...live.values()].reduce((sum, n) => sum + n, 0)
}

function tellRequests({ requests, allowed }: Standing): string {
  return `${count(requests, 'request')} of ${allowed}`
}

function renderHeader(shell: Shell, addresses: Addresses): string {
  const look = (command: string) => `  LANDFALL_DATA_DIR=${addresses.dataDir} npm run landfall -- ${command}`
  const row = (name: string, where: string, what: string) =>
    `  ${name.padEnd(9)} ${shell.paint('bold', where)}\n            ${shell.paint('dim', what)}`
  return [
    'Landfall at work, on invented data and on this machine only:',
    '',
    ...(addresses.daemon === null
      ? []
      : [row('page', `${addresses.daemon}/`, 'all of this in a browser, as it happens')]),
    row(
      'provider',
      addresses.provider,
      'a simulated API with a rate limit and some errors; migrations live about half a minute',
    ),
    row(
      'daemon',
      addresses.daemon ?? '-',
      'finds them, polls them within 5 requests per second, and keeps their history',
    ),
    row('webhooks', addresses.webhooks, 'hears of every migration that lands, and verifies the signatures'),
    row(
      'database',
      addresses.dir,
      "a PostgreSQL with BullMQ's queues in it; emptied at each start of the demo",
    ),
    row('log', addresses.logFile, 'warnings of the daemon'),
    '',
    'To look further, in another terminal:',
    look('watch'),
    look('list --live'),
    look('plan'),
    look('show ID'),
    '',
    'Times are UTC. Ctrl-C stops all of it.',
    '',
  ].join('\n')
}
