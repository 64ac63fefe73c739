import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

import type { EventType } from '../domain/event-type.ts'
import type { Phase } from '../domain/phase.ts'
import type { Learned } from '../domain/planner/planner.ts'
import type { Answer, NoAnswer, PlannerConfig } from '../domain/planner/types.ts'
import type { Policy } from '../domain/policy.ts'
import type { Via } from '../domain/reading.ts'
import type { FreshEnd, Walk, WalkKind } from '../domain/walk.ts'

export const landfall = pgSchema('landfall')

const transactionId = customType<{ data: string }>({ dataType: () => 'xid8' })
const moment = (name: string) => timestamp(name, { withTimezone: true })
const id = () => bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity()

export const accounts = landfall.table('account', {
  name: text('name').primaryKey(),
  provider: text('provider').notNull(),
  policy: text('policy').$type<Policy>().notNull(),
  state: text('state').$type<'active' | 'suspended'>().notNull().default('active'),
  stateReason: text('state_reason'),
  stateSince: moment('state_since').notNull().defaultNow(),
  /** While suspended: when one list request may try whether the key works again. */
  probeAt: moment('probe_at'),
  probes: integer('probes').notNull().default(0),
  baselineAt: moment('baseline_at'),
  lastSweepCompletedAt: moment('last_sweep_completed_at'),
  /** Number of the account's own events, which form a stream beside its migrations'. */
  events: integer('events').notNull().default(0),
  plannedAt: moment('planned_at'),
  /** The page size to ask for, since the provider refused a larger one at that moment; null where it never did. */
  pageSize: integer('page_size'),
  pageSizeAt: moment('page_size_at'),
  createdAt: moment('created_at').notNull().defaultNow(),
})

/** What an account may still spend; one row that all processes share. */
export const budgets = landfall.table('budget', {
  account: text('account')
    .primaryKey()
    .references(() => accounts.name),
  /** Generic cell rate algorithm: the moment at which the bucket would be full again. */
  fullAt: moment('full_at').notNull().defaultNow(),
  blockedUntil: moment('blocked_until'),
  /** Unusable answers in a row, over all requests of the account. */
  failures: integer('failures').notNull().default(0),
  throttles: integer('throttles').notNull().default(0),
  /** All requests ever let out. */
  granted: bigint('granted', { mode: 'number' }).notNull().default(0),
  /** The share of the configured rate that refusals have left, as of `shareAt`; from then on it grows back. */
  share: doublePrecision('share').notNull().default(1),
  shareAt: moment('share_at'),
  /** Requests per second that the provider's headers allow, until `paceUntil`. */
  pace: doublePrecision('pace'),
  paceUntil: moment('pace_until'),
  /** As `fullAt`, for the rate while the account is slowed down. */
  slowFullAt: moment('slow_full_at').notNull().defaultNow(),
})

/** An account has two walks, side by side: sweeps over all pages, and looks at where new rows appear. */
export const walks = landfall.table(
  'walk',
  {
    account: text('account')
      .notNull()
      .references(() => accounts.name),
    kind: text('kind').$type<WalkKind>().notNull(),
    /** Where it stands; null between two walks. */
    walk: jsonb('walk').$type<Walk>(),
    /** When the next one may begin; null where nothing has asked for it. */
    dueAt: moment('due_at').defaultNow(),
    startedAt: moment('started_at'),
    completed: integer('completed').notNull().default(0),
    /** Index of the last page with rows. */
    lastPage: integer('last_page').notNull().default(0),
    freshEnd: text('fresh_end').$type<FreshEnd>().notNull().default('first'),
    /** What the standing walk asks for; null before its first page. */
    pageSize: integer('page_size'),
    nextPageAt: moment('next_page_at').notNull().defaultNow(),
    lastRequestAt: moment('last_request_at'),
    failures: integer('failures').notNull().default(0),
    claim: integer('claim').notNull().default(0),
    leaseUntil: moment('lease_until'),
  },
  (t) => [primaryKey({ columns: [t.account, t.kind] })],
)

export const migrations = landfall.table(
  'migration',
  {
    id: id(),
    account: text('account')
      .notNull()
      .references(() => accounts.name),
    migrationId: text('migration_id').notNull(),
    status: text('status').notNull(),
    phase: text('phase').$type<Phase>().notNull(),
    /** The furthest stage of its life seen so far (see `progressOf`); a list page may only raise it. */
    furthest: smallint('furthest').$type<0 | 1 | 2>().notNull(),
    companyId: text('company_id'),
    createdByUserId: text('created_by_user_id'),
    createdAt: moment('created_at'),
    attributes: jsonb('attributes').$type<Record<string, unknown>>().notNull().default({}),
    firstSeenAt: moment('first_seen_at').notNull(),
    statusSince: moment('status_since').notNull(),
    finishedAt: moment('finished_at'),
    /** When the request of the newest accepted reading was about to be sent; older readings change nothing. */
    requestedAt: moment('requested_at').notNull(),
    lastObservedAt: moment('last_observed_at').notNull(),
    lastObservedVia: text('last_observed_via').$type<Via>().notNull(),
    /** Newest `get`, for lists may show the past. */
    lastGetAt: moment('last_get_at'),
    /** A list row contradicted what is known, and no `get` has settled it yet. */
    doubted: boolean('doubted').notNull().default(false),
    /** Contradictions in a row that a `get` did not confirm. */
    falseDoubts: smallint('false_doubts').notNull().default(0),
    /** When it is due; where requests are chosen by worth and it is not urgent, the latest time for it. */
    nextPollAt: moment('next_poll_at'),
    /** It is to be read at `next_poll_at` whatever that is worth: somebody asked, or something has to be settled. */
    urgent: boolean('urgent').notNull().default(false),
    polls: integer('polls').notNull().default(0),
    transitions: integer('transitions').notNull(),
    events: integer('events').notNull(),
    /** Late re-checks done since it ended. */
    rechecks: smallint('rechecks').notNull().default(0),
    failures: integer('failures').notNull().default(0),
    misses: integer('misses').notNull().default(0),
    vanishedAt: moment('vanished_at'),
    overdue: boolean('overdue').notNull().default(false),
    claim: integer('claim').notNull().default(0),
    leaseUntil: moment('lease_until'),
  },
  (t) => [
    unique('migration_identity').on(t.account, t.migrationId),
    // The tick: what of this account is due, oldest first.
    index('migration_due').on(t.account, t.nextPollAt).where(sql`next_poll_at is not null`),
    index('migration_urgent').on(t.account, t.nextPollAt).where(sql`urgent`),
    index('migration_live').on(t.account).where(sql`finished_at is null and vanished_at is null`),
  ],
)

/** The process that chooses an account's requests by worth, and what that has learned. */
export const planners = landfall.table('planner', {
  account: text('account')
    .primaryKey()
    .references(() => accounts.name),
  holder: text('holder'),
  heldUntil: moment('held_until'),
  /** Grows whenever another process takes over. */
  turn: integer('turn').notNull().default(0),
  /** What it was built with, for those who ask what it would do. */
  config: jsonb('config').$type<PlannerConfig>(),
  learned: jsonb('learned').$type<Learned>(),
  savedAt: moment('saved_at'),
})

/** What requests showed, for the planner to take in: it may sit in another process. */
export const answers = landfall.table(
  'answer',
  {
    id: id(),
    account: text('account')
      .notNull()
      .references(() => accounts.name),
    answer: jsonb('answer').$type<Answer | NoAnswer>().notNull(),
  },
  (t) => [index('answer_account').on(t.account)],
)

export const transitions = landfall.table(
  'transition',
  {
    migration: bigint('migration', { mode: 'bigint' })
      .notNull()
      .references(() => migrations.id),
    seq: integer('seq').notNull(),
    fromStatus: text('from_status'),
    toStatus: text('to_status').notNull(),
    fromPhase: text('from_phase').$type<Phase>(),
    toPhase: text('to_phase').$type<Phase>().notNull(),
    notBefore: moment('not_before'),
    notAfter: moment('not_after').notNull(),
    observedVia: text('observed_via').$type<Via>().notNull(),
    recordedAt: moment('recorded_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.migration, t.seq] })],
)

export const events = landfall.table(
  'event',
  {
    id: text('id').primaryKey(),
    type: text('type').$type<EventType>().notNull(),
    /** Null for events of a hook. */
    account: text('account'),
    /** The hook that an event is about. */
    hook: text('hook'),
    /** Null for events of the account itself. */
    migration: bigint('migration', { mode: 'bigint' }).references(() => migrations.id),
    migrationId: text('migration_id'),
    /** 1, 2, … per migration, or per account or hook for their own events. */
    sequence: integer('sequence').notNull(),
    recordedAt: moment('recorded_at').notNull().defaultNow(),
    /** Readers follow the order of transactions, as they become visible in another one than they began in. */
    transaction: transactionId('transaction').notNull().default(sql`pg_current_xact_id()`),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [
    index('event_recorded').on(t.recordedAt),
    index('event_order').on(t.transaction, t.id),
    // Never two events at one place of a stream, whatever else goes wrong.
    uniqueIndex('event_place').on(t.account, t.migrationId, t.sequence).where(sql`migration_id is not null`),
    uniqueIndex('event_account_place')
      .on(t.account, t.sequence)
      .where(sql`migration_id is null and hook is null`),
    uniqueIndex('event_place_of_hook').on(t.hook, t.sequence).where(sql`hook is not null`),
  ],
)

export const hooks = landfall.table('hook', {
  name: text('name').primaryKey(),
  kind: text('kind').notNull(),
  events: text('events').array().$type<EventType[]>().notNull(),
  state: text('state').$type<'active' | 'disabled'>().notNull().default('active'),
  stateReason: text('state_reason'),
  /** Where a stored hook leads and what signs for it, encrypted; null for one that the configuration names. */
  sealed: text('sealed'),
  /** False once no configuration names it any more, or it was removed. */
  configured: boolean('configured').notNull().default(true),
  /** Attempts that failed since the last one that was accepted: the breaker (see `decideHealth`). */
  failures: integer('failures').notNull().default(0),
  failingSince: moment('failing_since'),
  lastFailureAt: moment('last_failure_at'),
  throttles: integer('throttles').notNull().default(0),
  /** Stages of warning told in this run of failures. */
  warnings: smallint('warnings').notNull().default(0),
  /** Nothing is sent before. */
  pausedUntil: moment('paused_until'),
  /** Number of the hook's own events. */
  ownEvents: integer('own_events').notNull().default(0),
  createdAt: moment('created_at').notNull().defaultNow(),
})

export const deliveries = landfall.table(
  'delivery',
  {
    id: id(),
    event: text('event')
      .notNull()
      .references(() => events.id),
    hook: text('hook')
      .notNull()
      .references(() => hooks.name),
    /** What must arrive in order: one migration's events, one account's, or one hook's. */
    stream: text('stream').notNull(),
    sequence: integer('sequence').notNull(),
    state: text('state').$type<'pending' | 'delivered' | 'dead' | 'held'>().notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Failed attempts since it was last set going: its place in the schedule. */
    failures: integer('failures').notNull().default(0),
    firstAttemptAt: moment('first_attempt_at'),
    deliveredAt: moment('delivered_at'),
    nextAttemptAt: moment('next_attempt_at'),
    lastStatusCode: integer('last_status_code'),
    lastError: text('last_error'),
    claim: integer('claim').notNull().default(0),
    leaseUntil: moment('lease_until'),
  },
  (t) => [
    unique('delivery_once').on(t.event, t.hook),
    // The relay: what is due, and what waits behind it in its stream.
    index('delivery_due').on(t.hook, t.nextAttemptAt, t.id).where(sql`state = 'pending'`),
    index('delivery_line').on(t.hook, t.stream, t.sequence).where(sql`state = 'pending'`),
    // How many attempts are under way.
    index('delivery_leased').on(t.hook).where(sql`state = 'pending' and lease_until is not null`),
    // What waits for a person.
    index('delivery_aside').on(t.hook, t.state).where(sql`state in ('held', 'dead')`),
  ],
)

export const usage = landfall.table(
  'usage',
  {
    hour: moment('hour').notNull(),
    account: text('account').notNull(),
    listRequests: integer('list_requests').notNull().default(0),
    getRequests: integer('get_requests').notNull().default(0),
    rateLimited: integer('rate_limited').notNull().default(0),
    errors: integer('errors').notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.account, t.hour] })],
)
