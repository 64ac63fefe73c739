import { type Command, InvalidArgumentError } from 'commander'

import { formatDuration } from '../../domain/duration.ts'
import type { Lag } from '../../domain/planner/forecast.ts'
import type { Db } from '../../store/db.ts'
import type { AccountRow, MeasuredBound } from '../../store/views/accounts.ts'
import { type Foretold, toPlanJson } from '../../work/foretell-lag.ts'
import { EXIT, Failure } from '../exit.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'

interface PlanOptions extends CommonOptions {
  readonly account?: string
  readonly requestsPerSecond?: number
}

const EXAMPLES = `
The delay is the time from a change at the provider until a reading shows it. What is measured is its bound, the time
between the two readings around a change: twice the delay in the mean.

Examples:
  $ landfall plan
  $ landfall plan --account acme --requests-per-second 10     what another budget would give`

const HOURS = 24

export function addPlan(program: Command, shell: Shell): void {
  program
    .command('plan')
    .description('foretell how late changes are noticed, and what another budget would give')
    .option('--account <name>', 'only this account')
    .option('--requests-per-second <n>', 'as if this were the budget', positive)
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((options: PlanOptions) => plan(shell, options))
}

function positive(text: string): number {
  const number = Number(text)
  if (number > 0 && number <= 1_000) return number
  throw new InvalidArgumentError('Expected a number above 0 and up to 1000.')
}

interface Planned {
  readonly account: AccountRow
  readonly foretold: Foretold | null
  readonly measured: MeasuredBound
}

async function plan(shell: Shell, options: PlanOptions): Promise<void> {
  const { withStore } = await import('../open-store.ts')
  await withStore(shell, async ({ db }) => {
    const planned = await gather(db, options)
    if (options.json) return shell.printJson(planned.map(asJson))
    if (planned.length === 0)
      return shell.note('No account is known yet: landfall up begins with those configured.')
    for (const one of planned) for (const line of render(shell, one)) shell.print(line)
  })
}

async function gather(db: Db, { account: name, requestsPerSecond }: PlanOptions): Promise<Planned[]> {
  const { listAccounts, measureBounds } = await import('../../store/views/accounts.ts')
  const { foretellLag } = await import('../../work/foretell-lag.ts')
  const accounts = (await listAccounts(db)).filter((one) => name === undefined || one.account === name)
  if (name !== undefined && accounts.length === 0) {
    throw new Failure(EXIT.failure, `No account ${clean(name)} is known.`)
  }
  const change = requestsPerSecond === undefined ? {} : { requestsPerSecond }
  const planned: Planned[] = []
  for (const account of accounts) {
    const foretold = account.policy === 'adaptive' ? await foretellLag(db, account.account, change) : null
    planned.push({ account, foretold, measured: await measureBounds(db, account.account, HOURS) })
  }
  return planned
}

function render(shell: Shell, { account, foretold, measured }: Planned): string[] {
  const title = shell.paint('bold', account.account)
  if (foretold === null)
    return [
      `${title}  policy ${account.policy}`,
      `  ${UNFORETOLD(account)}`,
      ...facts(measuredFacts(measured)),
    ]
  const { config, live, forecast } = foretold
  const goal = config.lagGoalMs === 0 ? 'none: all is spent' : formatDuration(config.lagGoalMs)
  const { utilisation, requestsPerDayPerMigration, sweepMs, boundP50Ms, boundP99Ms } = forecast
  return [
    `${title}  policy adaptive, lag goal ${goal}`,
    ...facts([
      ['live', `${live} ${live === 1 ? 'migration' : 'migrations'}`],
      [
        'budget',
        `${config.requestsPerSecond} requests/s, of which ${Math.round(100 * utilisation)} % are used`,
      ],
      [
        'requests',
        live === 0 ? '-' : `${Math.round(requestsPerDayPerMigration)} a day for each live migration`,
      ],
      ['delay', lagText(forecast)],
      ['bounds', boundText(boundP50Ms, boundP99Ms)],
      ['half budget', lagText(forecast.halfBudget)],
      ['twice', lagText(forecast.doubleBudget)],
      [
        'sweep',
        config.hasList === false ? 'none: there is no list' : sweepText(sweepMs, config.sweepEveryMs),
      ],
      ...measuredFacts(measured),
    ]),
  ]
}

const UNFORETOLD = ({ policy }: AccountRow) =>
  policy === 'adaptive'
    ? 'No daemon has worked on it yet.'
    : `Only policy adaptive looks ahead; ${policy} reads each migration by a timer of its own.`

function measuredFacts({ transitions, p50_seconds, p99_seconds }: MeasuredBound): [string, string][] {
  if (p50_seconds === null || p99_seconds === null) return [['measured', `no changes in the last ${HOURS} h`]]
  const bounds = boundText(1000 * p50_seconds, 1000 * p99_seconds)
  return [['measured', `${bounds} (bounds of ${transitions} changes in ${HOURS} h)`]]
}

const facts = (rows: readonly (readonly [string, string])[]) =>
  rows.map(([name, text]) => `  ${name.padEnd(11)} ${text}`)
const boundText = (p50Ms: number, p99Ms: number) =>
  `${formatDuration(p50Ms)} at the median, ${formatDuration(p99Ms)} at the 99th percentile`
const sweepText = (sweepMs: number, everyMs: number) =>
  sweepMs <= everyMs
    ? `all pages every ${formatDuration(everyMs)}`
    : `all pages in ${formatDuration(sweepMs)}: the budget does not carry one every ${formatDuration(everyMs)}`
const lagText = ({ meanMs, p99Ms }: Lag) =>
  `${formatDuration(meanMs)} in the mean, ${formatDuration(p99Ms)} at the 99th percentile`

function asJson({ account, foretold, measured }: Planned) {
  return {
    account: account.account,
    policy: account.policy,
    plan: foretold === null ? null : toPlanJson(foretold),
    measured,
  }
}
