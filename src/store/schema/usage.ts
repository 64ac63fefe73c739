import { integer, primaryKey, text } from 'drizzle-orm/pg-core'

import { landfall, moment } from './columns.ts'

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
