import { formatDuration } from '../../domain/duration.ts'
import type { ChangeRow } from '../../store/changes.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell, Style } from '../shell.ts'
import { clean, count, cutMiddle, padEnd } from '../text.ts'
import { clockOf, msBetween } from '../times.ts'
import type { Addresses, Display } from './display.ts'
import type { Received } from './receiver.ts'
import type { Kind, Standing, Tally } from './tally.ts'

const ID_WIDTH = 13
const COMPANY_WIDTH = 9
/** Below this, lines do without the company. */
const ROOM_FOR_COMPANY = 105

export function createTextDisplay(shell: Shell): Display {
  const style = {
    found: 'blue',
    found_ended: 'dim',
    changed: 'cyan',
    landed: 'green',
    webhook: 'magenta',
    sum: 'dim',
  } as const
  const line = (at: string, kind: keyof typeof style, label: string, rest: string) =>
    shell.print(`${shell.paint('dim', clockOf(at))}  ${shell.paint(style[kind], label.padEnd(7))}  ${rest}`)

  function subject(id: string, company: string | null): string {
    const name = padEnd(cutMiddle(clean(id), ID_WIDTH), ID_WIDTH)
    if (shell.width() < ROOM_FOR_COMPANY) return name
    return `${name}  ${padEnd(cutMiddle(clean(company ?? '-'), COMPANY_WIDTH), COMPANY_WIDTH)}`
  }

  function change(kind: Kind, row: ChangeRow): void {
    const to = shell.paint(PHASE_STYLE[row.to_phase], clean(row.to_status))
    const statuses = row.from_status === null ? to : `${clean(row.from_status)} → ${to}`
    const told = kind === 'landed' ? `  ${tellLanding(row)}` : ''
    line(row.not_after, kind, kind, `${subject(row.migration_id, row.company_id)}  ${statuses}${told}`)
  }

  function webhook({ migrationId, companyId, type, isVerified, receivedAt }: Received): void {
    const verdict: [Style, string] = isVerified ? ['green', 'signature verified'] : ['red', 'signature WRONG']
    line(
      receivedAt,
      'webhook',
      'webhook',
      `${subject(migrationId, companyId)}  ${clean(type)}, ${shell.paint(...verdict)}`,
    )
  }

  return {
    started: (addresses) => shell.print(renderHeader(shell, addresses)),
    foundEnded: (changes) => {
      const at = changes[0]?.not_after ?? ''
      line(
        at,
        'found_ended',
        'found',
        `${changes.length} that had ended before: recorded, and nobody is told`,
      )
    },
    change,
    webhook,
    summary: (tally, standing) => {
      const text = `${tellTally(tally)}; live ${tellLive(standing)}; ${tellRequests(standing)}`
      line(new Date().toISOString(), 'sum', 'so far', shell.paint('dim', text))
    },
    stopping: () => shell.note('\nStopping the daemon, its database, the provider and the receiver …'),
    stopped: (tally, standing, ranMs) => {
      const slowest = tally.slowestMs === null ? '' : `, each known within ${formatDuration(tally.slowestMs)}`
      shell.print(
        `\nAfter ${formatDuration(ranMs)}: ${tellTally(tally)}${slowest}; ${tellRequests(standing)}.`,
      )
      shell.print('All of it has stopped. To track real migrations: set ANON_API_KEY, then npm start.')
    },
  }
}

function tellLanding(row: ChangeRow): string {
  const tookMs = msBetween(row.created_at, row.not_after)
  const boundMs = msBetween(row.not_before, row.not_after)
  const took = tookMs === null ? '' : `took ${formatDuration(tookMs)}, `
  return boundMs === null ? `${took}ended when first seen` : `${took}known within ${formatDuration(boundMs)}`
}

function tellTally({ found, landed, verified, unverified }: Tally): string {
  const wrong = unverified === 0 ? '' : ` (and ${unverified} with a WRONG signature)`
  return `found ${found}, landed ${landed}, ${count(verified, 'webhook')} verified${wrong}`
}

function tellLive({ live }: Standing): string {
  const parts = [...live].map(([phase, n]) => `${n} ${phase.replace('_', ' ')}`)
  const total = [...live.values()].reduce((sum, n) => sum + n, 0)
  return parts.length === 0 ? '0' : `${total} (${parts.join(', ')})`
}

function tellRequests({ requests, allowed }: Standing): string {
  return `${count(requests, 'request')} of ${allowed} that the budget allows`
}

function renderHeader(shell: Shell, addresses: Addresses): string {
  const look = (command: string) => `  LANDFALL_DATA_DIR=${addresses.dataDir} npm run landfall -- ${command}`
  const row = (name: string, where: string, what: string) =>
    `  ${name.padEnd(9)} ${shell.paint('bold', where)}\n            ${shell.paint('dim', what)}`
  return [
    'Landfall at work, on invented data and on this machine only:',
    '',
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
    look('list --live'),
    look('show ID'),
    '',
    'Times are UTC. Ctrl-C stops all of it.',
    '',
  ].join('\n')
}
