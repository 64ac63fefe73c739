-- A body in the SQL-standard form is parsed and printed again by the server, and what it prints for several `on conflict` in one
-- statement cannot be read back: a dump could not be restored, and pg_upgrade failed. A body as text stays as it is.
create or replace function landfall.lags_in(of_hour timestamptz)
returns table (account text, transitions bigint, p50_seconds float8, p99_seconds float8)
language sql stable rows 10 security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  select lag.account, count(*), percentile_cont(0.5) within group (order by lag.seconds),
    percentile_cont(0.99) within group (order by lag.seconds)
  from (
    select m.account, extract(epoch from t.not_after - t.not_before)::float8 as seconds
    from landfall.transition t
    -- Offset 0: one at a time by its key, however many the planner takes them for.
    cross join lateral (select account from landfall.migration where id = t.migration offset 0) as m
    where t.not_after >= of_hour and t.not_after < of_hour + interval '1 hour' and t.not_before is not null) as lag
  group by lag.account;
$$;
--> statement-breakpoint
create or replace function landfall.fold_migration_deltas() returns void language sql as $$
  with taken as (
    delete from landfall.migration_delta returning *),
  days as (
    insert into landfall.outcome_day as kept
    select account, day, sum(discovered), sum(succeeded), sum(partial), sum(failed), sum(abandoned)
    from (
      select account, seen_on as day, n as discovered, 0 as succeeded, 0 as partial, 0 as failed, 0 as abandoned from taken
      union all
      select account, finished_on, 0, n * (phase = 'succeeded')::int, n * (phase = 'partial')::int,
        n * (phase = 'failed')::int, n * (phase = 'abandoned')::int
      from taken where finished_on is not null) as counted
    group by account, day
    on conflict (account, day) do update set discovered = kept.discovered + excluded.discovered,
      succeeded = kept.succeeded + excluded.succeeded, partial = kept.partial + excluded.partial,
      failed = kept.failed + excluded.failed, abandoned = kept.abandoned + excluded.abandoned),
  companies as (
    insert into landfall.company_count as kept
    select account, company_id, sum(n),
      coalesce(sum(n) filter (where phase not in ('succeeded', 'partial', 'failed', 'abandoned')), 0),
      coalesce(sum(n) filter (where phase = 'needs_input'), 0), coalesce(sum(n) filter (where phase = 'succeeded'), 0),
      coalesce(sum(n) filter (where phase = 'partial'), 0), coalesce(sum(n) filter (where phase = 'failed'), 0),
      coalesce(sum(n) filter (where phase = 'abandoned'), 0)
    from taken group by account, company_id
    on conflict (account, coalesce(company_id, ''), (company_id is null)) do update set
      total = kept.total + excluded.total, live = kept.live + excluded.live,
      needs_input = kept.needs_input + excluded.needs_input, succeeded = kept.succeeded + excluded.succeeded,
      partial = kept.partial + excluded.partial, failed = kept.failed + excluded.failed,
      abandoned = kept.abandoned + excluded.abandoned)
  insert into landfall.status_count as kept
  select account, status, phase, vanished, sum(n) from taken group by account, status, phase, vanished
  on conflict (account, status, phase, vanished) do update set n = kept.n + excluded.n;
$$;
--> statement-breakpoint
create or replace function landfall.fold_status_deltas() returns void language sql as $$
  with taken as (
    delete from landfall.status_delta returning *),
  months as (
    insert into landfall.status_month as kept (account, month, status, phase, n)
    select account, landfall.month_of(landfall.day_of(quarter)), status, phase, sum(n) from taken
    group by account, landfall.month_of(landfall.day_of(quarter)), status, phase
    on conflict (month, account, status, phase) do update set n = kept.n + excluded.n),
  days as (
    insert into landfall.status_day as kept (account, day, status, phase, n)
    select account, landfall.day_of(quarter), status, phase, sum(n) from taken
    group by account, landfall.day_of(quarter), status, phase
    on conflict (day, account, status, phase) do update set n = kept.n + excluded.n)
  insert into landfall.status_quarter as kept (account, quarter, status, phase, n)
  -- Rows of one time lie together, also where all of history is folded at once.
  select account, quarter, status, phase, sum(n) from taken group by account, quarter, status, phase order by quarter
  on conflict (quarter, account, status, phase) do update set n = kept.n + excluded.n;
$$;
--> statement-breakpoint
create or replace function landfall.fold_lag() returns void language sql as $$
  with taken as (
    delete from landfall.lag_touched returning account, hour),
  hours as (
    select distinct account, hour, hour < now() - interval '70 minutes' as is_over from taken),
  still_open as (
    insert into landfall.lag_touched (account, hour) select account, hour from hours where not is_over)
  insert into landfall.lag_hour
  select account, hour, lag.transitions, lag.p50_seconds, lag.p99_seconds
  from (select distinct hour from hours where is_over) as over
  cross join lateral landfall.lags_in(over.hour) as lag
  join hours using (account, hour)
  on conflict (account, hour) do update set
    (transitions, p50_seconds, p99_seconds) = (excluded.transitions, excluded.p50_seconds, excluded.p99_seconds);
$$;
--> statement-breakpoint
create or replace function reporting.status_at(account text, migration_id text, ts timestamptz)
returns table (status text, phase text, seq int, not_before timestamptz, not_after timestamptz)
language sql stable strict security definer set search_path = pg_catalog, pg_temp as $$
  select t.to_status, t.to_phase, t.seq, t.not_before, t.not_after
  from landfall.migration m join landfall.transition t on t.migration = m.id
  where m.account = status_at.account and m.migration_id = status_at.migration_id and t.not_after <= status_at.ts
  order by t.seq desc limit 1;
$$;
--> statement-breakpoint
create or replace function reporting.counts_at(ts timestamptz)
returns table (account text, status text, phase text, migrations bigint)
language sql stable strict security definer set search_path = pg_catalog, pg_temp set jit = off as $$
  -- Whatever moved in the quarter of an hour of the question is compared before it and at the moment itself.
  with moved as (
    select m.account, t.migration
    from (select distinct migration from landfall.transition
      where not_after >= landfall.quarter_of(ts) and not_after <= ts) as t
    cross join lateral (select account from landfall.migration where id = t.migration offset 0) as m),
  parts as (
    select m.account, m.status, m.phase, m.n from landfall.status_month m
    where m.month < landfall.month_of(landfall.day_of(ts))
    union all
    select d.account, d.status, d.phase, d.n from landfall.status_day d
    where d.day >= landfall.month_of(landfall.day_of(ts)) and d.day < landfall.day_of(ts)
    union all
    select q.account, q.status, q.phase, q.n from landfall.status_quarter q
    where q.quarter >= landfall.day_of(ts)::timestamp at time zone 'UTC' and q.quarter < landfall.quarter_of(ts)
    union all
    select d.account, d.status, d.phase, d.n from landfall.status_delta d where d.quarter < landfall.quarter_of(ts)
    union all
    select moved.account, last.to_status, last.to_phase, -1
    from moved cross join lateral (
      select t.to_status, t.to_phase from landfall.transition t
      where t.migration = moved.migration and t.not_after < landfall.quarter_of(ts) order by t.seq desc limit 1) as last
    union all
    select moved.account, last.to_status, last.to_phase, 1
    from moved cross join lateral (
      select t.to_status, t.to_phase from landfall.transition t
      where t.migration = moved.migration and t.not_after <= ts order by t.seq desc limit 1) as last)
  select parts.account, parts.status, parts.phase, sum(parts.n)::bigint from parts
  group by parts.account, parts.status, parts.phase having sum(parts.n) <> 0;
$$;
