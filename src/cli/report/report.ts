import { loadNow } from '../../store/clock.ts'
import { listOutcomes, listSlowest, measureLag, type Period } from '../../store/report.ts'
import { listAccounts } from '../../store/views/accounts.ts'
import { EXIT, Failure } from '../exit.ts'
import { withStore } from '../open-store.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'
import type { ReportOptions } from './options.ts'
import { type Report, renderReport } from './render.ts'
import { rateOf, sortRows, sumOutcomes, toCsv } from './summary.ts'

const DAY_MS = 86_400_000
const SLOWEST = 5

export async function report(shell: Shell, options: ReportOptions): Promise<void> {
  await withStore(shell, async ({ db }) => {
    const { by, account = null, json, csv } = options
    const until = options.until ?? (await loadNow(db))
    const since = options.since ?? new Date(until.getTime() - 7 * DAY_MS)
    if (since >= until) throw new Failure(EXIT.usage, '--since must lie before --until.')
    if (account !== null && !(await listAccounts(db)).some((row) => row.account === account)) {
      throw new Failure(EXIT.failure, `No account ${clean(account)} is known.`)
    }
    const period: Period = { since, until, account }
    shell.status('Counting …')
    const rows = sortRows(await listOutcomes(db, period, by), by)
    if (csv) return toCsv(by, rows).forEach(shell.print)
    const found: Report = {
      period,
      by,
      rows,
      lag: await measureLag(db, period),
      slowest: await listSlowest(db, period, SLOWEST),
    }
    if (json) return shell.printJson(toJson(found))
    for (const line of renderReport(shell, found)) shell.print(line)
  })
}

function toJson({ period, by, rows, lag, slowest }: Report) {
  const totals = sumOutcomes(rows)
  return {
    since: period.since.toISOString(),
    until: period.until.toISOString(),
    account: period.account,
    totals: withRate(totals),
    lag,
    [by === 'day' ? 'days' : 'companies']: rows.map(({ key, ...outcomes }) => ({
      [by === 'day' ? 'day' : 'company_id']: key,
      ...withRate(outcomes),
    })),
    slowest,
  }
}

function withRate<T extends Parameters<typeof rateOf>[0]>(outcomes: T) {
  const { landed, failureRate } = rateOf(outcomes)
  return { ...outcomes, landed, failure_rate: failureRate }
}
