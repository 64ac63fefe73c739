import { loadNow } from '../../store/clock.ts'
import type { Db } from '../../store/db.ts'
import { describeIdle } from '../daemon-at-work.ts'
import { EXIT, Failure } from '../exit.ts'
import { findMigration } from '../find-migration.ts'
import { persistently, rings } from '../follow.ts'
import type { OpenStore } from '../open-store.ts'
import type { Shell } from '../shell.ts'
import { endSoon, exitCodeOf, listenForStop } from '../stop-signal.ts'
import { createForesight } from './next-reading.ts'
import { type Awaited, exitCodeOfEnds, hasEnded } from './outcome.ts'
import { describeEnd, describeProgress, describeState, describeTimeout, describeVanished } from './tell.ts'

/** The longest time that a timer takes: 24 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

export interface WaitFor {
  readonly texts: readonly string[]
  /** Null: for ever. */
  readonly timeoutMs: number | null
  readonly isJson: boolean
}

/** Waits until all of them have ended, and sets the exit code that tells how. */
export async function waitForEnds(shell: Shell, store: OpenStore, waitFor: WaitFor): Promise<void> {
  const stop = listenForStop()
  const deadline = new AbortController()
  const timeoutMs = waitFor.timeoutMs === null ? null : Math.min(waitFor.timeoutMs, MAX_TIMEOUT_MS)
  const timer = timeoutMs === null ? null : setTimeout(() => deadline.abort(), timeoutMs)
  stop.signal.addEventListener('abort', endSoon)
  try {
    const awaited = await follow(shell, store, waitFor, AbortSignal.any([stop.signal, deadline.signal]))
    shell.status('')
    if (awaited.every(hasEnded)) {
      return shell.setExitCode(exitCodeOfEnds(awaited.flatMap(({ row }) => row?.phase ?? [])))
    }
    if (!stop.signal.aborted) throw new Failure(EXIT.timeout, describeTimeout(awaited, timeoutMs ?? 0))
    for (const one of awaited.filter((each) => !hasEnded(each)))
      shell.note(`${describeState(one)}; stopped waiting.`)
    shell.setExitCode(exitCodeOf(stop.signal.reason as NodeJS.Signals))
  } finally {
    shell.status('')
    if (timer !== null) clearTimeout(timer)
    stop.release()
  }
}

/** Tells each end as it comes; returns all of them as they were last, once they have ended or the signal says stop. */
async function follow(
  shell: Shell,
  { db, databaseUrl, log }: OpenStore,
  { texts, timeoutMs, isJson }: WaitFor,
  signal: AbortSignal,
): Promise<readonly Awaited[]> {
  const onOutage = (isAway: boolean) =>
    shell.note(isAway ? 'The database is away; waiting for it.' : 'The database is back.')
  const progress = createProgress(shell, db, timeoutMs)
  const teller = createTeller(shell, db, isJson)
  let awaited: readonly Awaited[] = texts.map((text) => ({ text, row: null }))
  for await (const _ of rings({ databaseUrl, log, signal })) {
    const looked = await persistently({ signal, onOutage }, () => look(db, awaited))
    awaited = looked ?? awaited
    if (signal.aborted) break
    for (const one of awaited) await teller.tell(one)
    if (awaited.every(hasEnded)) break
    await progress.show(awaited)
  }
  return awaited
}

async function look(db: Db, awaited: readonly Awaited[]): Promise<Awaited[]> {
  const found: Awaited[] = []
  for (const one of awaited) {
    found.push(hasEnded(one) ? one : { ...one, row: (await findMigration(db, one.text)) ?? one.row })
  }
  return found
}

/** Says of each what is new: that it ended on stdout, everything else on stderr. */
function createTeller(shell: Shell, db: Db, isJson: boolean) {
  const told = new Map<string, string>()
  const examined = new Set<string>()

  async function tell(one: Awaited): Promise<void> {
    if (one.row !== null && one.row.vanished_at !== null)
      throw new Failure(EXIT.failure, describeVanished(one.row))
    const state = describeState(one)
    if (told.get(one.text) === state) return
    told.set(one.text, state)
    if (one.row === null) return shell.note(`${state}; waiting for it to appear.`)
    if (!hasEnded(one)) {
      shell.note(`${state}; waiting.`)
      return warnOfIdleness(one.row.account)
    }
    if (isJson) shell.printJson(one.row)
    else shell.print(describeEnd(shell, one.row))
  }

  async function warnOfIdleness(account: string): Promise<void> {
    if (examined.has(account)) return
    examined.add(account)
    const idle = await describeIdle(db, account)
    if (idle !== null) shell.note(`But ${idle}: it is read once one runs.`)
  }

  return { tell }
}

/** Keeps a line at the terminal that says how far it is. */
function createProgress(shell: Shell, db: Db, timeoutMs: number | null) {
  const givesUpAtMs = timeoutMs === null ? null : performance.now() + timeoutMs
  const { nextReading } = createForesight(db)

  async function show(awaited: readonly Awaited[]): Promise<void> {
    if (!shell.stderrIsTerminal) return
    const now = await loadNow(db)
    const first = awaited.find((one) => one.row !== null && !hasEnded(one))?.row ?? null
    const nextReadingAt = first === null ? null : await nextReading(first)
    const leftMs = givesUpAtMs === null ? null : givesUpAtMs - performance.now()
    shell.status(describeProgress({ awaited, now, nextReadingAt, leftMs }))
  }

  return { show }
}
