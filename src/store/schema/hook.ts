import { sql } from 'drizzle-orm'
import { boolean, index, integer, smallint, text, unique } from 'drizzle-orm/pg-core'

import type { EventType } from '../../domain/event-type.ts'
import { id, landfall, moment } from './columns.ts'
import { events } from './event.ts'

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
    index('delivery_line').on(t.hook, t.stream, t.sequence).where(sql`state in ('pending', 'held')`),
    // How many attempts are under way.
    index('delivery_leased').on(t.hook).where(sql`state = 'pending' and lease_until is not null`),
    // Lists; and what waits for a person.
    index('delivery_newest').on(t.hook, t.state, t.id),
  ],
)
