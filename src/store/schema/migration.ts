import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  primaryKey,
  smallint,
  text,
  unique,
} from 'drizzle-orm/pg-core'

import type { Phase } from '../../domain/phase.ts'
import type { Via } from '../../domain/reading.ts'
import { accounts } from './account.ts'
import { id, landfall, moment } from './columns.ts'

const created = sql`coalesce(created_at, first_seen_at)`

export const migrations = landfall.table(
  'migration',
  {
    id: id(),
    account: text('account')
      .notNull()
      .references(() => accounts.name),
    migrationId: text('migration_id').notNull(),
    /** The provider's current run of it, where the provider has runs and one is known. */
    runId: text('run_id'),
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
    /** Newest `get`, for lists may show the past; while one contradicts a terminal status, the first that did. */
    lastGetAt: moment('last_get_at'),
    /** A list row, or a `get`, contradicted what is known, and no `get` has settled it yet. */
    doubted: boolean('doubted').notNull().default(false),
    /** Contradictions in a row that a `get` did not confirm. */
    falseDoubts: smallint('false_doubts').notNull().default(0),
    /** When it is due; where requests are chosen by worth and it is not urgent, the latest time for it. */
    nextPollAt: moment('next_poll_at'),
    /** It is to be read at `next_poll_at` whatever that is worth: somebody asked, or something has to be settled. */
    urgent: boolean('urgent').notNull().default(false),
    /** When a provider's webhook came that no change has shown yet; it is read for, ever later, until the hint is spent. */
    hintedAt: moment('hinted_at'),
    /** The reading under way was asked for by one. */
    byHint: boolean('by_hint').notNull().default(false),
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
    // Lists: each account's first rows, and each phase's (see `listMigrations`). What stands behind a sort's column lets the
    // index tell which rows do not fit, without a look at each. By `status_since` they stand with reporting.
    index('migration_created').on(t.account, created, t.companyId),
    index('migration_phase_created').on(t.account, t.phase, created, t.companyId),
    index('migration_seen').on(t.account, t.firstSeenAt, created, t.companyId),
    index('migration_phase_seen').on(t.account, t.phase, t.firstSeenAt, created, t.companyId),
    index('migration_overdue').on(t.account).where(sql`overdue`),
    // Beginnings of ids.
    index('migration_id_start').on(t.migrationId.op('text_pattern_ops')),
    index('migration_company_start').on(t.companyId.op('text_pattern_ops')),
    index('migration_hinted').on(t.account, t.hintedAt).where(sql`hinted_at is not null`),
    index('migration_live').on(t.account).where(sql`finished_at is null and vanished_at is null`),
  ],
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
