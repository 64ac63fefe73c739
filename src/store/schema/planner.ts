import { index, integer, jsonb, text } from 'drizzle-orm/pg-core'

import type { Learned } from '../../domain/planner/planner.ts'
import type { Answer, NoAnswer, PlannerConfig } from '../../domain/planner/types.ts'
import { accounts } from './account.ts'
import { id, landfall, moment } from './columns.ts'

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
