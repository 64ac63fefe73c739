import { bigint, doublePrecision, integer, jsonb, primaryKey, text } from 'drizzle-orm/pg-core'

import type { UsualStays } from '../../domain/overdue.ts'
import type { Policy } from '../../domain/policy.ts'
import type { FreshEnd, Walk, WalkKind } from '../../domain/walk.ts'
import { landfall, moment } from './columns.ts'

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
  /** How long migrations usually stay in a phase, as of that moment. */
  usualStays: jsonb('usual_stays').$type<UsualStays>().notNull().default({}),
  usualStaysAt: moment('usual_stays_at'),
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
  /** Readings that may be made because of hints, as of `hintCreditAt`; it grows with time, and each change they find. */
  hintCredit: doublePrecision('hint_credit').notNull().default(2),
  hintCreditAt: moment('hint_credit_at').notNull().defaultNow(),
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
