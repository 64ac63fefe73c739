import { text } from 'drizzle-orm/pg-core'

import { landfall, moment } from './columns.ts'

/** What lets clients of the API in, beside the one of the configuration. */
export const apiTokens = landfall.table('api_token', {
  name: text('name').primaryKey(),
  scope: text('scope').$type<'read' | 'operate'>().notNull(),
  /** SHA-256 of the token, in hex: a token is as random as a key, so that nothing slower is called for. */
  hash: text('hash').notNull().unique(),
  createdAt: moment('created_at').notNull().defaultNow(),
  /** Up to a minute too early. */
  lastUsedAt: moment('last_used_at'),
})
