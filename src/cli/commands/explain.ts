import type { Command } from 'commander'

import { formatDuration } from '../../domain/duration.ts'
import type { Explanation } from '../../domain/planner/explain.ts'
import { type Due, type Explained, toReadingJson } from '../../work/explain-reading.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'
import { formatDistance, formatMoment } from '../times.ts'

const EXAMPLES = `
Reckoned from what the daemon last saved, up to a minute ago.

Examples:
  $ landfall explain 9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11
  $ landfall explain acme/9f5b01c7…9a11 --json`

export function addExplain(program: Command, shell: Shell): void {
  program
    .command('explain')
    .description('say when and why a migration is read next')
    .argument('<[account/]id>', 'the migration')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: CommonOptions) => explain(shell, id, options))
}

async function explain(shell: Shell, id: string, { json }: CommonOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { nameOf, requireMigration } = await import('../find-migration.ts')
  const { explainReading } = await import('../../work/explain-reading.ts')
  await withStore(shell, async ({ db }) => {
    const migration = await requireMigration(db, id)
    const explained = await explainReading(db, migration)
    if (json) return shell.printJson(toReadingJson(explained))
    shell.print(shell.paint('bold', nameOf(migration)))
    for (const line of describe(explained)) shell.print(`  ${line}`)
    if (explained.suspended) {
      shell.note(`Account ${migration.account} is suspended: nothing is read until its key works again.`)
    }
  })
}

function describe({ next, now }: Explained): string[] {
  if (next.kind === 'never') return [NEVER[next.why]]
  if (next.kind === 'due')
    return [`next reading  ${when(next.at, now)}, by get`, `why           ${DUE[next.why]}`]
  return describeWorth(next.explanation, next.latest, now)
}

const NEVER = {
  ended: 'It has ended, and its late re-checks are done: only sweeps read it from now on.',
  vanished: 'The provider no longer knows it. Should it come back, the next sweep finds it.',
} as const

const DUE: Readonly<Record<Due, string>> = {
  asked: 'somebody asked for it; it waits for its place in the budget',
  doubted: 'an answer contradicts what is known, so that the migration itself is asked to confirm it',
  failed: 'the last answer was of no use: it is asked again, ever later',
  missing: 'the provider did not know it: it is asked again before it counts as vanished',
  recheck: 'it has ended; some providers revise how, so that it is read once more',
  backoff: 'policy backoff: the wait is as long as the status has already lasted',
  fixed: 'policy fixed: it is read every 30 s',
}

function describeWorth(explained: Explanation, latest: Date | null, now: Date): string[] {
  const { by, expectedAtMs, lastReadAtMs, endedChance, worthS, madeAtS } = explained
  const others = by.kind === 'list' ? by.with - 1 : 0
  const shown =
    others > 0 ? `, which shows ${others} other live ${others === 1 ? 'migration' : 'migrations'}` : ''
  return [
    `next reading  ${when(new Date(expectedAtMs), now)}, by ${by.kind === 'get' ? 'get' : `list page ${by.page + 1}${shown}`}`,
    `last reading  ${when(new Date(lastReadAtMs), now)}`,
    `why           the request would save ${seconds(worthS)} of delay now; at present requests are made for ${seconds(madeAtS)} and more`,
    `              it has ended since the last reading with a chance of ${percent(endedChance)}`,
    ...(latest === null ? [] : [`at the latest ${when(latest, now)}, as far as the budget carries it`]),
  ]
}

const when = (at: Date, now: Date) =>
  `${formatDistance(at.toISOString(), now)} (${formatMoment(at.toISOString())})`
const seconds = (worth: number) => (worth < 0.01 ? 'next to nothing' : formatDuration(1000 * worth))
const percent = (share: number) => (share < 0.001 ? 'less than 0.1 %' : `${(100 * share).toFixed(1)} %`)
