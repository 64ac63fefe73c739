import { bigint, customType, pgSchema, timestamp } from 'drizzle-orm/pg-core'

export const landfall = pgSchema('landfall')

export const transactionId = customType<{ data: string }>({ dataType: () => 'xid8' })
export const moment = (name: string) => timestamp(name, { withTimezone: true })
export const id = () => bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity()
