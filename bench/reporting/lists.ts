import { drizzle } from 'drizzle-orm/node-postgres'
import type { Client } from 'pg'

import { type DeliveriesAsked, listNewestDeliveries } from '../../src/store/views/deliveries.ts'
import { listRecentEvents, type RecentEventsAsked } from '../../src/store/views/history.ts'
import {
  listMigrations,
  MIGRATION_SORTS,
  type MigrationFilter,
} from '../../src/store/views/migration-list.ts'
import type { Page } from '../../src/store/views/page.ts'
import { loadStats } from '../../src/store/views/stats.ts'
import type { Question, Sample } from './question.ts'

const LIMIT = 50

const daysAgo = (days: number) => new Date(Date.now() - 86_400_000 * days)

/** What fits: much and little of each kind, and what looks easy to Postgres and is not. */
const FILTERS: Readonly<Record<string, (sample: Sample) => MigrationFilter>> = {
  all: () => ({}),
  'an account': ({ account }) => ({ accounts: [account] }),
  'a small account': () => ({ accounts: ['account-4'] }),
  'a common status': () => ({ statuses: ['COMPLETE'] }),
  'a rare status': () => ({ statuses: ['PAUSED_BY_SUPPORT'] }),
  'a status that there is not': () => ({ statuses: ['NO_SUCH'] }),
  'two phases of an account': ({ account }) => ({ accounts: [account], phases: ['failed', 'needs_input'] }),
  'a company': ({ company }) => ({ company }),
  'the largest company': () => ({ company: 'company-0' }),
  'no company': () => ({ company: 'nobody' }),
  'a rare status of the largest company': () => ({ company: 'company-0', statuses: ['PAUSED_BY_SUPPORT'] }),
  'a beginning that many ids have': () => ({ prefix: 'a' }),
  'a beginning that few ids have': ({ migration }) => ({ prefix: migration.slice(0, 4) }),
  'a beginning of one id': ({ migration }) => ({ prefix: migration.slice(0, 12) }),
  'a beginning that no id has': () => ({ prefix: 'zzzz' }),
  'a beginning that all companies have': () => ({ prefix: 'company-' }),
  'a beginning of companies, in a phase': () => ({ prefix: 'company-12', phases: ['failed'] }),
  'a beginning that no id has, in an account': ({ account }) => ({ prefix: 'zzzz', accounts: [account] }),
  live: () => ({ live: true }),
  'live ones of a company': ({ company }) => ({ live: true, company }),
  'live ones of the largest company': () => ({ live: true, company: 'company-0' }),
  overdue: () => ({ overdue: true }),
  'created in a day': ({ moment }) => ({
    createdAfter: moment,
    createdBefore: new Date(moment.getTime() + 86_400_000),
  }),
  'created in a month': () => ({ createdAfter: daysAgo(200), createdBefore: daysAgo(170) }),
  'created in the first half': () => ({ createdBefore: daysAgo(180) }),
  'created before all': () => ({ createdBefore: daysAgo(10_000) }),
  'created in the first half, failed': () => ({ createdBefore: daysAgo(180), phases: ['failed'] }),
  'created in the second half, of the largest company': () => ({
    createdAfter: daysAgo(180),
    company: 'company-0',
  }),
  'created in a month, a rare status': () => ({
    createdAfter: daysAgo(200),
    createdBefore: daysAgo(170),
    statuses: ['PAUSED_BY_SUPPORT'],
  }),
}

const ORDERS = MIGRATION_SORTS.flatMap((by) => [
  { by, newestFirst: true },
  { by, newestFirst: false },
])

/** From the first row on, and from anywhere: a place in the order, as a cursor names it. */
const PLACES = {
  'the first page': () => undefined,
  'a page behind a moment': ({ moment, account, migration }: Sample) => {
    return { at: moment.toISOString(), account, migration_id: migration }
  },
}

const count = async (page: Promise<Page<unknown, unknown>>) => (await page).rows.length

/** Every filter in every order: the answers of one filter are one line of the table. */
const MIGRATIONS: readonly Question[] = Object.entries(FILTERS).flatMap(([asks, filterOf]) =>
  ORDERS.flatMap((order) =>
    Object.entries(PLACES).map(([place, placeOf]): Question => {
      const ask: Question['ask'] = (client, sample) =>
        count(
          listMigrations(drizzle(client), filterOf(sample), { order, limit: LIMIT, after: placeOf(sample) }),
        )
      return { of: '/migrations', asks, as: `${order.newestFirst ? '-' : ''}${order.by}, ${place}`, ask }
    }),
  ),
)

const EVENTS: Readonly<Record<string, (sample: Sample) => Omit<RecentEventsAsked, 'limit'>>> = {
  all: () => ({}),
  'an account': ({ account }) => ({ account }),
  'a common type': () => ({ types: ['migration.status_changed'] }),
  'a type that there is not': () => ({ types: ['migration.vanished'] }),
  'a type that an account has not': ({ account }) => ({ account, types: ['migration.vanished'] }),
  'a type of a small account': () => ({ account: 'account-4', types: ['migration.failed'] }),
  'two types of an account, since a moment': ({ account, moment }) => ({
    account,
    types: ['migration.failed', 'migration.completed'],
    since: moment,
  }),
  'behind a moment': ({ moment }) => ({ after: { at: moment.toISOString(), event_id: 'evt_' } }),
  'of an account, behind a moment': ({ account, moment }) => ({
    account,
    after: { at: moment.toISOString(), event_id: 'evt_' },
  }),
}

const DELIVERIES: Readonly<Record<string, (sample: Sample) => Omit<DeliveriesAsked, 'limit'>>> = {
  all: () => ({}),
  dead: () => ({ state: 'dead' }),
  held: () => ({ state: 'held' }),
  'of a hook': () => ({ hook: 'ops' }),
  'of a hook without any': () => ({ hook: 'new' }),
  'of a hook, dead, behind others': () => ({ hook: 'default', state: 'dead', after: { id: '200000' } }),
  'delivered, behind others': () => ({ state: 'delivered', after: { id: '300000' } }),
}

const questions = <Asked>(
  of: string,
  kinds: Readonly<Record<string, (sample: Sample) => Asked>>,
  ask: (client: Client, asked: Asked) => Promise<number>,
): Question[] =>
  Object.entries(kinds).map(([asks, askedOf]) => {
    return { of, asks, ask: (client, sample) => ask(client, askedOf(sample)) }
  })

/** What the API's lists ask. */
export const LISTS: readonly Question[] = [
  ...MIGRATIONS,
  ...questions('/events/recent', EVENTS, (client, asked) =>
    count(listRecentEvents(drizzle(client), { ...asked, limit: LIMIT })),
  ),
  ...questions('/deliveries', DELIVERIES, (client, asked) =>
    count(listNewestDeliveries(drizzle(client), { ...asked, limit: LIMIT })),
  ),
  ...questions('/stats', { all: () => null }, async (client) => {
    await loadStats(drizzle(client))
    return 1
  }),
]
