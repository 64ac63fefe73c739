import { index, primaryKey, text } from 'drizzle-orm/pg-core'

import { accounts } from './account.ts'
import { landfall, moment } from './columns.ts'

/** Webhooks of providers that were taken, so that none counts twice. */
export const hints = landfall.table(
  'hint',
  {
    account: text('account')
      .notNull()
      .references(() => accounts.name),
    id: text('id').notNull(),
    type: text('type'),
    receivedAt: moment('received_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.account, t.id] }), index('hint_received').on(t.receivedAt)],
)
