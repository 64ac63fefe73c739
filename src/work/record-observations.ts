import type { EventType } from '../domain/event-type.ts'
import { isTerminal, type Phase } from '../domain/phase.ts'
import type { Row } from '../domain/planner/types.ts'
import type { Observation } from '../domain/reading.ts'
import { decideRecording, type Recording, type RecordingContext } from '../domain/recording.ts'
import type { Verdict } from '../domain/verdict.ts'
import { holdBaseline, loadAccount } from '../store/accounts.ts'
import type { Tx } from '../store/db.ts'
import { type EventRow, insertEvents } from '../store/events.ts'
import {
  insertMigrations,
  insertTransitions,
  type Locked,
  lockMigrations,
  markContradicted,
  markDoubtful,
  type ObservedRow,
  type TransitionRow,
  updateMigrations,
} from '../store/observed.ts'
import type { Account } from './account.ts'
import type { Deps } from './deps.ts'

/** How many observations met each verdict. */
export type Recorded = Record<Verdict, number> & {
  readonly changes: readonly Change[]
  /** What is believed of each migration now, in the order of the observations. */
  readonly believed: readonly Row[]
}

interface Change {
  readonly migrationId: string
  readonly from: string | null
  readonly to: string
  readonly phase: Phase
  /** Time between the two readings around the change; null at first sight. */
  readonly boundMs: number | null
}

interface Decided {
  readonly seen: Observation
  readonly stored: Locked | null
  readonly recording: Recording
}

/**
 * The one door: whatever was seen of migrations comes in here, and here alone it is decided what it means. Writes
 * migrations, transitions, events and deliveries in the caller's transaction.
 */
export async function recordObservations(
  deps: Pick<Deps, 'random' | 'newEventId'>,
  tx: Tx,
  account: Account,
  observations: readonly Observation[],
): Promise<Recorded> {
  const state = await loadAccount(tx, account.name)
  if (state === null) throw new Error(`record observations: account ${account.name} was never registered`)
  const mayBeSilent = account.baseline === 'silent' && state.baselineAt === null
  const haveEnded = observations.some((seen) => isTerminal(seen.phase))
  const silent = mayBeSilent && haveEnded && !(await holdBaseline(tx, account.name))

  const decided: Decided[] = []
  let open = observations
  while (open.length > 0) {
    const stored = await lockMigrations(
      tx,
      account.name,
      open.map((seen) => seen.migrationId),
    )
    const batch = open.map((seen) =>
      decide(seen, stored.get(seen.migrationId) ?? null, {
        silent,
        policy: account.policy,
        jitter: deps.random(),
      }),
    )
    const inserted = await writeBatch(deps, tx, account, batch)
    // Whoever was inserted by another process in this very moment is known by now, and judged again.
    const lost = batch.filter((one) => one.stored === null && !inserted.has(one.seen.migrationId))
    decided.push(...batch.filter((one) => !lost.includes(one)))
    open = lost.map((one) => one.seen)
  }
  return { ...summarize(decided), believed: believedOf(observations, decided) }
}

function decide(seen: Observation, stored: Locked | null, context: RecordingContext): Decided {
  return { seen, stored, recording: decideRecording(stored, seen, context) }
}

async function writeBatch(
  deps: Pick<Deps, 'newEventId'>,
  tx: Tx,
  account: Account,
  batch: readonly Decided[],
): Promise<Map<string, bigint>> {
  const first = batch.filter((one) => one.stored === null)
  const inserted = await insertMigrations(tx, account.name, first.map(observedRow))

  const known = batch.flatMap(({ stored, ...rest }) => (stored === null ? [] : [{ ...rest, stored }]))
  const accepted = known.filter(
    ({ recording: { verdict } }) => verdict === 'changed' || verdict === 'unchanged',
  )
  await updateMigrations(
    tx,
    accepted.map((one) => ({ ...observedRow(one), key: one.stored.key })),
  )
  const doubtful = known.filter((one) => one.recording.verdict === 'doubtful')
  const contradicted = doubtful.flatMap(({ stored: { key }, seen: { requestedAt }, recording }) =>
    recording.contradiction === null ? [] : [{ ...recording.contradiction, key, requestedAt }],
  )
  await markContradicted(tx, contradicted)
  await markDoubtful(
    tx,
    doubtful.filter((one) => one.recording.contradiction === null).map((one) => one.stored.key),
  )

  const changes = batch.flatMap((one) => {
    const key = one.stored?.key ?? inserted.get(one.seen.migrationId)
    const { verdict } = one.recording
    return key !== undefined && (verdict === 'discovered' || verdict === 'changed') ? [{ ...one, key }] : []
  })
  await insertTransitions(tx, changes.map(transitionRow))
  await insertEvents(
    tx,
    changes.flatMap((one) => eventRows(deps, account, one)),
  )
  return inserted
}

function observedRow({ seen, stored, recording }: Decided): ObservedRow {
  const { verdict, events, furthest, statusSince, finishedAt, rechecks, nextPollAt } = recording
  const {
    migrationId,
    status,
    phase,
    companyId,
    createdByUserId,
    createdAt,
    attributes,
    requestedAt,
    receivedAt,
    via,
  } = seen
  const seenRow = { migrationId, status, phase, companyId, createdByUserId, createdAt, attributes }
  const isNew = verdict === 'discovered' || verdict === 'changed'
  const transitions = (stored?.transitions ?? 0) + (isNew ? 1 : 0)
  const eventCount = (stored?.events ?? 0) + events.length
  const decidedRow = {
    // The re-checks of what has ended have their dates.
    urgent: isTerminal(phase),
    furthest,
    statusSince,
    finishedAt,
    rechecks,
    nextPollAt,
    transitions,
    events: eventCount,
  }
  return { ...seenRow, ...decidedRow, requestedAt, receivedAt, via }
}

function transitionRow({ seen, stored, key }: Decided & { key: bigint }): TransitionRow {
  return {
    migration: key,
    seq: (stored?.transitions ?? 0) + 1,
    fromStatus: stored?.status ?? null,
    toStatus: seen.status,
    fromPhase: stored?.phase ?? null,
    toPhase: seen.phase,
    // The old status still held at some time after that request was sent.
    notBefore: stored?.requestedAt ?? null,
    notAfter: seen.receivedAt,
    observedVia: seen.via,
  }
}

function eventRows(
  deps: Pick<Deps, 'newEventId'>,
  account: Account,
  { seen, stored, recording, key }: Decided & { key: bigint },
): EventRow[] {
  const payload = eventPayload(account, seen, {
    previousStatus: stored?.status ?? null,
    notBefore: stored?.requestedAt ?? null,
  })
  return recording.events.map((type: EventType, index) => ({
    id: deps.newEventId(),
    type,
    account: account.name,
    migration: key,
    migrationId: seen.migrationId,
    sequence: (stored?.events ?? 0) + index + 1,
    payload: type === 'migration.needs_input' && seen.needs ? { ...payload, needs: seen.needs } : payload,
  }))
}

interface Before {
  readonly previousStatus: string | null
  readonly notBefore: Date | null
}

function eventPayload(account: Account, seen: Observation, before: Before) {
  return {
    account: account.name,
    provider: account.provider.kind,
    migration_id: seen.migrationId,
    status: seen.status,
    previous_status: before.previousStatus,
    phase: seen.phase satisfies Phase,
    company_id: seen.companyId,
    created_by_user_id: seen.createdByUserId,
    created_at: seen.createdAt,
    not_before: before.notBefore?.toISOString() ?? null,
    not_after: seen.receivedAt.toISOString(),
    observed_via: seen.via,
  }
}

function summarize(decided: readonly Decided[]): Omit<Recorded, 'believed'> {
  const counts = { discovered: 0, changed: 0, unchanged: 0, stale: 0, doubtful: 0 }
  const changes: Change[] = []
  for (const { seen, stored, recording } of decided) {
    counts[recording.verdict] += 1
    const isNew = recording.verdict === 'discovered' || recording.verdict === 'changed'
    if (isNew) changes.push(changeOf(seen, stored))
  }
  return { ...counts, changes }
}

function changeOf(seen: Observation, stored: Locked | null): Change {
  const { migrationId, status: to, phase, receivedAt } = seen
  const boundMs = stored === null ? null : receivedAt.getTime() - stored.requestedAt.getTime()
  return { migrationId, from: stored?.status ?? null, to, phase, boundMs }
}

/** Where an observation is not believed, what was known before it holds. */
function believedOf(observations: readonly Observation[], decided: readonly Decided[]): Row[] {
  const phases = new Map(decided.map((one) => [one.seen.migrationId, believedPhase(one)]))
  return observations.map(({ migrationId, phase, createdAt }) => ({
    id: migrationId,
    phase: phases.get(migrationId) ?? phase,
    createdAtMs: createdAt === null ? null : Date.parse(createdAt),
  }))
}

function believedPhase({ seen, stored, recording: { verdict } }: Decided): Phase {
  if (stored === null || (verdict !== 'stale' && verdict !== 'doubtful')) return seen.phase
  // What is gone has no more to come, as little as what was given up.
  return stored.vanishedAt === null ? stored.phase : 'abandoned'
}
