import type { ToldEvent } from '../../domain/outgoing-event.ts'
import type { Db } from '../../store/db.ts'
import { findEventBefore, findLatestEvent, listEventsAfter } from '../../store/event-feed.ts'
import type { EventFilter, EventRecord } from '../../store/views/history.ts'
import { type Page, pageOf } from '../../store/views/page.ts'
import { EXIT, Failure } from '../exit.ts'
import { persistently, rings } from '../follow.ts'
import type { OpenStore } from '../open-store.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'

const PAGE = 500

interface Start {
  readonly since?: Date | undefined
  readonly after?: string | undefined
}

/** The event behind which a follower begins: the newest of now, unless something else was asked for. */
export async function findStart(db: Db, { since, after }: Start): Promise<string | null> {
  if (after === undefined) return since === undefined ? findLatestEvent(db) : findEventBefore(db, since)
  await requirePage(db, after)
  return after
}

/** Those behind an event, in the order of the feed. */
export async function listBehind(
  db: Db,
  after: string,
  filter: EventFilter,
  limit: number,
): Promise<Page<EventRecord, string>> {
  const found: EventRecord[] = []
  for (let cursor = after; found.length <= limit; ) {
    const page = await requirePage(db, cursor)
    found.push(...page.map(toRecord).filter((event) => fits(filter, event)))
    const last = page.at(-1)
    if (last === undefined) break
    cursor = last.id
  }
  return pageOf(found, limit, (event) => event.event_id)
}

async function requirePage(db: Db, after: string): Promise<ToldEvent[]> {
  const page = await listEventsAfter(db, after, PAGE)
  if (page !== null) return page
  throw new Failure(
    EXIT.failure,
    `No event has the id ${clean(after)}. landfall events shows the newest ones.`,
  )
}

interface Following {
  readonly start: string | null
  readonly filter: EventFilter
  readonly signal: AbortSignal
}

/** Each event as it is committed, until the signal. */
export async function* followEvents(
  shell: Shell,
  { db, databaseUrl, log }: OpenStore,
  { start, filter, signal }: Following,
): AsyncGenerator<EventRecord> {
  const onOutage = (isAway: boolean) =>
    shell.note(isAway ? 'The database is away; waiting for it.' : 'The database is back.')
  let cursor = start
  for await (const _ of rings({ databaseUrl, log, signal })) {
    let page: ToldEvent[] | null
    do {
      page = await persistently(
        { signal, onOutage },
        async () => (await listEventsAfter(db, cursor, PAGE)) ?? [],
      )
      for (const event of (page ?? []).map(toRecord).filter((one) => fits(filter, one))) yield event
      cursor = page?.at(-1)?.id ?? cursor
    } while (page?.length === PAGE && !signal.aborted)
  }
}

function fits({ account, types, since }: EventFilter, event: EventRecord): boolean {
  if (account !== undefined && event.account !== account) return false
  if (since !== undefined && new Date(event.recorded_at) < since) return false
  return types === undefined || types.includes(event.type)
}

/** As `reporting.events` has it. */
function toRecord({ id, type, account, migrationId, sequence, recordedAt, payload }: ToldEvent): EventRecord {
  return {
    event_id: id,
    type: type as EventRecord['type'],
    account,
    migration_id: migrationId,
    sequence,
    recorded_at: recordedAt.toISOString(),
    payload,
  }
}
