import { sql } from 'drizzle-orm'
import { boolean, check, integer } from 'drizzle-orm/pg-core'
import { landfall } from './columns.ts'

/** One row: the generation of the events that are written now. */
export const feed = landfall.table(
  'feed',
  {
    only: boolean('only').primaryKey().default(true),
    generation: integer('generation').notNull().default(1),
  },
  (t) => [check('feed_has_one_row', sql`${t.only}`)],
)
