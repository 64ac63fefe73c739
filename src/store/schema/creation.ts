import { sql } from 'drizzle-orm'
import { index, integer, jsonb, text, unique } from 'drizzle-orm/pg-core'

import { accounts } from './account.ts'
import { id, landfall, moment } from './columns.ts'

/**
 * Migrations that are to be made at a provider. A row stands before its request leaves, so that whatever happens after is
 * gone on with: by the account's ticks, or by whoever asks for the same external id again.
 */
export const creations = landfall.table(
  'creation',
  {
    id: id(),
    account: text('account')
      .notNull()
      .references(() => accounts.name),
    externalId: text('external_id').notNull(),
    request: jsonb('request').$type<Record<string, unknown>>().notNull(),
    /** `sent`: the request may have left, and its answer is not known. `lost`: so it will stay. */
    state: text('state')
      .$type<'intended' | 'sent' | 'created' | 'refused' | 'lost'>()
      .notNull()
      .default('intended'),
    migrationId: text('migration_id'),
    /** Why it is not made yet, or never. */
    reason: text('reason'),
    attempts: integer('attempts').notNull().default(0),
    createdAt: moment('created_at').notNull().defaultNow(),
    sentAt: moment('sent_at'),
    nextTryAt: moment('next_try_at').notNull().defaultNow(),
    claim: integer('claim').notNull().default(0),
    leaseUntil: moment('lease_until'),
  },
  (t) => [
    unique('creation_identity').on(t.account, t.externalId),
    index('creation_open').on(t.account, t.nextTryAt).where(sql`state in ('intended', 'sent')`),
  ],
)
