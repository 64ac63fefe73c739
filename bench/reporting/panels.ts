import type { Question, Sample } from './question.ts'

/** What a dashboard asks of a view. `:account`, `:migration`, `:company` and `:moment` stand for the sample's values. */
export function panel(of: string, asks: string, sql: string): Question {
  const ask: Question['ask'] = async (client, sample) => {
    const { text, values } = bind(sql, sample)
    return (await client.query(text, values)).rows.length
  }
  return { of, asks, ask }
}

function bind(sql: string, sample: Sample): { text: string; values: unknown[] } {
  const values: unknown[] = []
  const text = sql.replace(/(?<=[ (,]):(account|migration|company|moment)\b/g, (_, name: keyof Sample) => {
    values.push(sample[name])
    return `$${values.length}`
  })
  return { text, values }
}

export const PANELS: readonly Question[] = [
  panel(
    'migrations',
    'newest changes of all',
    'select * from reporting.migrations order by status_since desc limit 50',
  ),
  panel(
    'migrations',
    'newest failures of an account',
    `select * from reporting.migrations where account = :account and phase = 'failed' order by status_since desc limit 50`,
  ),
  panel(
    'migrations',
    'one',
    'select * from reporting.migrations where account = :account and migration_id = :migration',
  ),
  panel(
    'migrations',
    'of a company',
    'select * from reporting.migrations where account = :account and company_id = :company order by status_since desc limit 50',
  ),
  panel(
    'migrations',
    'landed in a day, by phase',
    `select phase, count(*) from reporting.migrations where finished_at >= now() - interval '1 day' group by phase`,
  ),
  panel(
    'transitions',
    'of a migration',
    'select * from reporting.transitions where account = :account and migration_id = :migration order by seq',
  ),
  panel(
    'transitions',
    'newest of all',
    'select * from reporting.transitions order by not_after desc limit 100',
  ),
  panel(
    'transitions',
    'recorded in an hour, by status',
    `select to_status, count(*) from reporting.transitions where recorded_at >= now() - interval '1 hour' group by to_status`,
  ),
  panel(
    'time_in_status',
    'of a migration',
    'select * from reporting.time_in_status where account = :account and migration_id = :migration order by entered_at',
  ),
  panel(
    'time_in_status',
    'what waits longest for a person',
    `select * from reporting.time_in_status where account = :account and left_at is null and phase = 'needs_input'
     order by entered_at limit 50`,
  ),
  panel(
    'time_in_status',
    'mean of the last 3 hours',
    `select status, avg(seconds) from reporting.time_in_status where entered_at >= now() - interval '3 hours' group by status`,
  ),
  panel(
    'daily_outcomes',
    '90 days',
    'select * from reporting.daily_outcomes where day >= current_date - 90 order by day',
  ),
  panel(
    'company_summary',
    'one',
    'select * from reporting.company_summary where account = :account and company_id = :company',
  ),
  panel(
    'company_summary',
    'largest of an account',
    'select * from reporting.company_summary where account = :account order by total desc limit 50',
  ),
  panel('status_counts', 'all', 'select * from reporting.status_counts'),
  panel('accounts', 'all', 'select * from reporting.accounts'),
  panel(
    'detection_lag',
    'a week of an account',
    `select * from reporting.detection_lag where account = :account and hour >= now() - interval '7 days' order by hour`,
  ),
  panel(
    'api_usage_hourly',
    'a week',
    `select * from reporting.api_usage_hourly where hour >= now() - interval '7 days' order by hour`,
  ),
  panel(
    'events',
    'of a migration',
    'select * from reporting.events where account = :account and migration_id = :migration order by sequence',
  ),
  panel(
    'events',
    'newest completions',
    `select * from reporting.events where type = 'migration.completed' order by recorded_at desc limit 100`,
  ),
  panel(
    'deliveries',
    'dead',
    `select * from reporting.deliveries where state = 'dead' order by next_attempt_at limit 100`,
  ),
  panel(
    'deliveries',
    'arrived in an hour, by hook',
    `select hook, count(*) from reporting.deliveries where delivered_at >= now() - interval '1 hour' group by hook`,
  ),
  panel('status_at', 'one', 'select * from reporting.status_at(:account, :migration, :moment)'),
  panel('counts_at', 'a moment', 'select * from reporting.counts_at(:moment)'),
  panel(
    'counts_at',
    'at 30 midnights',
    `select moment, c.* from generate_series(date_trunc('day', now()) - interval '29 days', now(), '1 day') moment
     cross join lateral reporting.counts_at(moment) c`,
  ),
]
