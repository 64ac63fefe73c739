import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, text, uniqueIndex } from 'drizzle-orm/pg-core'

import type { EventType } from '../../domain/event-type.ts'
import { landfall, moment, transactionId } from './columns.ts'
import { migrations } from './migration.ts'

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
    /** Grows after a restore into a server whose transaction counter is lower: see `startFeedGeneration`. */
    generation: integer('generation').notNull().default(sql`landfall.feed_generation()`),
    /** Readers follow the order of transactions, as they become visible in another one than they began in. */
    transaction: transactionId('transaction').notNull().default(sql`pg_current_xact_id()`),
    /** W3C `traceparent` of what wrote it; null where nothing was traced. */
    traceParent: text('trace_parent'),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [
    index('event_recorded').on(t.recordedAt),
    index('event_account_recorded').on(t.account, t.type, t.recordedAt),
    index('event_type_recorded').on(t.type, t.recordedAt),
    index('event_order').on(t.generation, t.transaction, t.id),
    // Never two events at one place of a stream, whatever else goes wrong.
    uniqueIndex('event_place').on(t.account, t.migrationId, t.sequence).where(sql`migration_id is not null`),
    uniqueIndex('event_account_place')
      .on(t.account, t.sequence)
      .where(sql`migration_id is null and hook is null`),
    uniqueIndex('event_place_of_hook').on(t.hook, t.sequence).where(sql`hook is not null`),
  ],
)
