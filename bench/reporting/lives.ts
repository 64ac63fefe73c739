/*
 * The statements that make up migrations. Accounts differ in size, down to some with few; one company has a twentieth of
 * all; every 97th never ends, and of those some are overdue, have vanished, or stand in a status that nobody knows.
 */

export const ACCOUNTS = 4

export const STEP_TABLE = `create temp table step (
  migration bigint, seq int, from_status text, to_status text, from_phase text, to_phase text, not_before timestamptz,
  not_after timestamptz)`

/** $1 to $2: the numbers of the migrations; $3: steps of each; $4: days; $5: all migrations. What would lie in the future has not happened yet. */
export const STEPS = `
  with life as (
    select i, now() - make_interval(secs => 86400 * $4::float8 * (1 - i::float8 / $5)) as began_at,
      make_interval(secs => 4 * 86400 * random()) as lasts,
      case when i % (97 * 50) = 0 then 'PAUSED_BY_SUPPORT' when i % 97 = 0 then 'WORKING' else
        (array['COMPLETE', 'COMPLETE', 'COMPLETE', 'COMPLETED_WITH_FAILURES', 'FAILED', 'LOGIN_ABANDONED'])[1 + floor(6 * random())::int]
      end as ends
    from generate_series($1::int, $2::int) i),
  shown as (
    select i, k, began_at + lasts * ((k - 1)::float8 / greatest(1, $3::int - 1)) as at,
      case when k = 1 then 'NOT_READY' when k = $3 then ends when k % 2 = 0 then 'WORKING' else 'PENDING_USER_INPUT' end as status
    from life cross join generate_series(1, $3::int) k)
  insert into step
  select i, k, lag(status) over history, status, lag(phase) over history, phase,
    case when k > 1 then at - make_interval(secs => 1 + 20 * random()) end, at
  from shown join (values ('NOT_READY', 'pending'), ('WORKING', 'running'), ('PENDING_USER_INPUT', 'needs_input'),
    ('COMPLETE', 'succeeded'), ('COMPLETED_WITH_FAILURES', 'partial'), ('FAILED', 'failed'),
    ('LOGIN_ABANDONED', 'abandoned'), ('PAUSED_BY_SUPPORT', 'unknown')) as meaning (status, phase) using (status)
  where at <= now()
  window history as (partition by i order by k)`

/** $1: companies. */
export const MIGRATIONS = `
  insert into landfall.migration (id, account, migration_id, status, phase, furthest, company_id, created_by_user_id, attributes,
    created_at, first_seen_at, status_since, finished_at, requested_at, last_observed_at, last_observed_via, next_poll_at,
    polls, transitions, events, overdue, vanished_at)
  overriding system value
  select i, 'account-' || case when i % 20011 = 7 then 4 when i % 10 < 6 then 1 when i % 10 < 9 then 2 else 3 end,
    md5(i::text)::uuid::text, last.to_status, last.to_phase, case when ended then 2 else 1 end,
    'company-' || case when i % 20 = 0 then 0 else 1 + i * 7919 % $1::int end, 'user-' || i % 1000,
    '{"name": "Export of the ledger", "rows": 120000}',
    case when i % 500 > 0 then first.not_after - make_interval(secs => 300 * random()) end,
    first.not_after, last.not_after, case when ended then last.not_after end, last.not_after, last.not_after, 'get',
    case when not ended then now() + make_interval(secs => 900 * random()) end, 40, last.seq, last.seq,
    i % 97 = 0 and i / 97 % 10 = 3 and not ended, case when i % 97 = 0 and i / 97 % 20 = 5 and not ended then last.not_after end
  from (select distinct on (migration) *, migration as i,
      to_phase in ('succeeded', 'partial', 'failed', 'abandoned') as ended
    from step order by migration, seq desc) as last
  join step first on first.migration = last.migration and first.seq = 1`

export const TRANSITIONS = `
  insert into landfall.transition (migration, seq, from_status, to_status, from_phase, to_phase, not_before, not_after,
    observed_via, recorded_at)
  select migration, seq, from_status, to_status, from_phase, to_phase, not_before, not_after, 'get', not_after
  from step order by not_after`

/** One event for each transition; a delivery for each ending. Receivers turned some away, and one hook is disabled of late. */
export const EVENTS = `
  with told as (
    insert into landfall.event (id, type, account, migration, migration_id, sequence, recorded_at, payload)
    select 'evt_' || lpad(to_hex((extract(epoch from step.not_after) * 1000)::bigint), 12, '0')
        || substr(md5(step.migration || '/' || step.seq), 1, 20),
      coalesce('migration.' || (jsonb_build_object('succeeded', 'completed', 'partial', 'completed_with_failures', 'failed', 'failed',
        'abandoned', 'abandoned') ->> to_phase), case seq when 1 then 'migration.discovered' else 'migration.status_changed' end),
      m.account, m.id, m.migration_id, step.seq, step.not_after,
      jsonb_build_object('account', m.account, 'migration_id', m.migration_id, 'status', to_status, 'phase', to_phase)
    from step join landfall.migration m on m.id = step.migration order by step.not_after
    returning id, type, migration, sequence, recorded_at)
  insert into landfall.delivery (event, hook, stream, sequence, state, attempts, first_attempt_at, delivered_at, next_attempt_at)
  select id, hook.name, 'm' || migration, sequence, went.state, 1, recorded_at,
    case when went.state = 'delivered' then recorded_at + interval '1 second' end,
    case when went.state = 'pending' then now() + interval '5 minutes' end
  from told join landfall.hook on told.type = any(hook.events)
  cross join lateral (select case when hook.state = 'disabled' and recorded_at > now() - interval '2 days' then 'held'
    when migration % 499 = 0 then 'dead' when recorded_at > now() - interval '10 minutes' then 'pending'
    else 'delivered' end as state) as went
  order by recorded_at`
