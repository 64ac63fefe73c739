import type { Config } from '../../config/config.ts'
import { formatDuration } from '../../domain/duration.ts'
import { BREAKER_FAILURES } from '../../domain/hook-health.ts'
import { loadNow } from '../../store/clock.ts'
import type { Db } from '../../store/db.ts'
import { loadTickAges } from '../../store/health.ts'
import { type HookRow, listHooks } from '../../store/hooks.ts'
import { loadServerState } from '../../store/server-state.ts'
import { listStoredHooks } from '../../store/stored-hooks.ts'
import { type AccountRow, listAccounts } from '../../store/views/accounts.ts'
import { openSettings } from '../../work/stored-settings.ts'
import { TICK_AGE_LIMIT_MS } from '../daemon-at-work.ts'
import { vaultOf } from '../hooks/stored.ts'
import { clean } from '../text.ts'
import { checkSchemaObjects } from './check-schema.ts'
import { type Finding, ok, problem, warn } from './finding.ts'

const DEFAULT_SWEEP_EVERY_MS = 300_000

/** What the database says of itself and of the daemon's work. */
export async function checkDatabase(db: Db, config: Config): Promise<Finding[]> {
  const server = await loadServerState(db)
  const { applied, total } = server.schemaChanges
  const findings = [
    ok('database', `PostgreSQL ${server.version}${config.databaseUrl === null ? ', embedded' : ''}`),
  ]
  if (applied < total) {
    const missing = `${total - applied} of ${total} schema changes are missing`
    const advice = 'landfall migrate applies them, and so does a daemon when it starts.'
    return [...findings, problem('schema', missing, advice)]
  }
  const surplus = `${applied} schema changes, this version knows ${total}`
  findings.push(
    applied === total
      ? ok('schema', `all ${total} changes applied`)
      : problem('schema', surplus, 'A newer Landfall wrote them: run that version.'),
  )
  // What a newer version made is not known here.
  if (applied === total) findings.push(...(await checkSchemaObjects(db)))
  if (config.redisUrl === null) {
    const advice = 'A daemon creates them when it starts.'
    findings.push(
      server.hasBullmq ? ok('queue', 'on Postgres') : warn('queue', 'no tables in schema bullmq yet', advice),
    )
  }
  return [...findings, ...(await checkAccounts(db, config)), ...(await checkHooks(db, config))]
}

async function checkAccounts(db: Db, config: Config): Promise<Finding[]> {
  const stored = await listAccounts(db)
  const now = await loadNow(db)
  const ages = await loadTickAges(
    db,
    stored.map((row) => row.account),
  )
  const findings = stored.flatMap((row) => {
    const configured = config.accounts.find((one) => one.name === row.account)
    const sweepEveryMs = configured?.sweepEveryMs ?? DEFAULT_SWEEP_EVERY_MS
    const tick = checkTick(row, ages.get(row.account) ?? null, configured !== undefined)
    // Of what has no list there are no sweeps.
    const sweeps =
      row.provider === 'vern' || (configured?.api && configured.api.list === undefined)
        ? []
        : [checkSweep(row, now, sweepEveryMs)]
    return [checkState(row), tick, ...sweeps]
  })
  const unknown = config.accounts.filter(({ name }) => stored.every((row) => row.account !== name))
  const advice = 'It is new: a daemon registers it when it starts with this configuration.'
  return [
    ...findings,
    ...unknown.map(({ name }) => warn(`account ${name}`, 'not in the database yet', advice)),
  ]
}

function checkState(row: AccountRow): Finding {
  const check = `account ${row.account}`
  if (row.state === 'active') {
    const counts = `active, ${row.tracked} tracked, ${row.live} of them live`
    if (row.state_reason === null) return ok(check, counts)
    const track = `landfall track ${row.account} ID follows one that is not listed.`
    return warn(check, `${counts}; ${clean(row.state_reason)}`, track)
  }
  const advice = 'Give it a valid API key and restart the daemon; it also tries again by itself.'
  return problem(check, `suspended: ${clean(row.state_reason ?? 'no reason given')}`, advice)
}

function checkTick(row: AccountRow, ageMs: number | null, isConfigured: boolean): Finding {
  const check = `account ${row.account}, ticks`
  if (ageMs !== null && ageMs <= TICK_AGE_LIMIT_MS)
    return ok(check, `the last one ${formatDuration(ageMs)} ago`)
  const message = ageMs === null ? 'none yet' : `the last one ${formatDuration(ageMs)} ago`
  const advice = 'Start the daemon (npm start); if it runs, its log says what keeps it from planning.'
  return isConfigured
    ? problem(check, message, advice)
    : warn(check, message, `${advice} This configuration does not name the account.`)
}

function checkSweep(row: AccountRow, now: Date, sweepEveryMs: number): Finding {
  const check = `account ${row.account}, sweeps`
  if (row.baseline_at === null) {
    const advice =
      'The first walk over all pages is under way; until it is complete, ended migrations make no events.'
    return warn(check, 'the first one is not complete', advice)
  }
  const ageMs =
    row.last_sweep_completed_at === null ? null : now.getTime() - Date.parse(row.last_sweep_completed_at)
  const message = ageMs === null ? 'none complete' : `the last one ${formatDuration(Math.max(0, ageMs))} ago`
  if (ageMs !== null && ageMs <= 3 * sweepEveryMs) return ok(check, message)
  return warn(check, message, 'The budget may be too small for so many pages, or no daemon runs.')
}

async function checkHooks(db: Db, config: Config): Promise<Finding[]> {
  const vault = vaultOf(config)
  const unreadable = (await listStoredHooks(db)).flatMap((row) => {
    const opened = openSettings(vault, row)
    if (opened.kind === 'opened') return []
    return [
      problem(`hook ${row.name}, settings`, 'they cannot be read, so that nothing is sent', opened.message),
    ]
  })
  return [...(await listHooks(db)).map(checkHook), ...unreadable]
}

function checkHook(row: HookRow): Finding {
  const check = `hook ${row.name}`
  const waiting = `${row.pending} pending, ${row.held} held, ${row.dead} dead`
  if (row.state === 'disabled') {
    const advice = `Once the receiver works: landfall hooks enable ${row.name}`
    return problem(check, `disabled: ${clean(row.state_reason ?? 'no reason given')}; ${waiting}`, advice)
  }
  if (row.failures >= BREAKER_FAILURES) {
    const failing = `failed ${row.failures} times in a row; ${waiting}`
    return warn(
      check,
      failing,
      `landfall hooks deliveries ${row.name} tells why; landfall hooks test ${row.name} tries it.`,
    )
  }
  if (row.dead === 0) return ok(check, `active, ${waiting}`)
  return warn(
    check,
    `active, ${waiting}`,
    `Every attempt for the dead ones failed; landfall replay --dead --hook ${row.name} sends them again.`,
  )
}
