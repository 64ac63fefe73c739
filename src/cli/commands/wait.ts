import type { Command } from 'commander'

import { formatDuration } from '../../domain/duration.ts'
import type { TerminalPhase } from '../../domain/phase.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import { EXIT, Failure } from '../exit.ts'
import type { OpenStore } from '../open-store.ts'
import { type CommonOptions, duration, JSON_FLAG } from '../options.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'
import { msBetween } from '../times.ts'

interface WaitOptions extends CommonOptions {
  readonly timeout?: number
}

const EXAMPLES = `
Waits also for an id that is not known yet. Without --timeout it waits for ever.

Exit codes: 0 succeeded, 2 partial (completed with failures), 3 failed, 4 abandoned, 124 timeout

Examples:
  $ landfall wait 9f5b01c7-6c1e-4d0a-8f62-3f0c7d2f9a11 --timeout 1h && ./import-the-data
  $ landfall wait acme/9f5b01c7…9a11 --json | jq -r .status`

export function addWait(program: Command, shell: Shell): void {
  program
    .command('wait')
    .description('wait until a migration has ended')
    .argument('<[account/]id>', 'the migration')
    .option('--timeout <duration>', 'give up after this time, such as 30s, 5m or 1h', duration)
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: WaitOptions) => wait(shell, id, options))
}

const EXIT_OF: Readonly<Record<TerminalPhase, number>> = {
  succeeded: EXIT.ok,
  partial: EXIT.partial,
  failed: EXIT.failed,
  abandoned: EXIT.abandoned,
}
/** The longest time that a timer takes: 24 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

async function wait(shell: Shell, id: string, { timeout, json }: WaitOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  const { exitCodeOf, listenForStop } = await import('../stop-signal.ts')
  await withStore(shell, async (store) => {
    const stop = listenForStop()
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), Math.min(timeout ?? MAX_TIMEOUT_MS, MAX_TIMEOUT_MS))
    if (timeout === undefined) clearTimeout(timer)
    try {
      const last = await followUntilEnd(shell, store, id, AbortSignal.any([stop.signal, deadline.signal]))
      if (stop.signal.aborted) return shell.setExitCode(exitCodeOf(stop.signal.reason as NodeJS.Signals))
      if (last?.is_terminal) return tellEnd(shell, last, json)
      throw new Failure(EXIT.timeout, describeTimeout(id, last, timeout ?? 0))
    } finally {
      clearTimeout(timer)
      stop.release()
    }
  })
}

/** The migration once it has ended; as it was last, or null where it never appeared, once the signal says stop. */
async function followUntilEnd(
  shell: Shell,
  { db, databaseUrl, log }: OpenStore,
  id: string,
  signal: AbortSignal,
): Promise<MigrationRow | null> {
  const { persistently, rings } = await import('../follow.ts')
  const { findMigration, nameOf } = await import('../find-migration.ts')
  const onOutage = (isAway: boolean) =>
    shell.note(isAway ? 'The database is away; waiting for it.' : 'The database is back.')
  let last: MigrationRow | null = null
  let told: string | null = null
  for await (const _ of rings({ databaseUrl, log, signal })) {
    last = (await persistently({ signal, onOutage }, () => findMigration(db, id))) ?? last
    if (last?.is_terminal) break
    if (last !== null && last.vanished_at !== null)
      throw new Failure(EXIT.failure, describeVanished(nameOf(last)))
    const state = last === null ? `${clean(id)} is not known yet` : `${nameOf(last)} is ${clean(last.status)}`
    if (state !== told && !signal.aborted) shell.note(`${state}; waiting.`)
    told = state
  }
  return last
}

async function tellEnd(shell: Shell, row: MigrationRow, json: true | undefined): Promise<void> {
  const { nameOf } = await import('../find-migration.ts')
  if (json) shell.printJson(row)
  else {
    const tookMs = msBetween(row.created_at, row.finished_at)
    const took = tookMs === null ? '' : `, ${formatDuration(tookMs)} after its creation`
    shell.print(`${nameOf(row)} ended: ${shell.paint(PHASE_STYLE[row.phase], clean(row.status))}${took}`)
  }
  shell.setExitCode(EXIT_OF[row.phase as TerminalPhase])
}

function describeVanished(name: string): string {
  return `${name} has vanished: the provider no longer knows it, so it will not end. landfall show tells its history.`
}

function describeTimeout(id: string, last: MigrationRow | null, timeoutMs: number): string {
  const time = formatDuration(timeoutMs)
  if (last === null) return `No migration ${clean(id)} appeared within ${time}.`
  return `${clean(id)} had not ended within ${time}; it is ${clean(last.status)} (${last.phase}).`
}
