import pRetry, { AbortError } from 'p-retry'

import type { Answer } from '../providers/provider.ts'
import { inSpan } from '../runtime/tracing.ts'
import { type Spending, spendToken } from '../store/budgets.ts'
import type { Account } from './account.ts'
import type { Deps } from './deps.ts'

type Granted = Extract<Spending, { kind: 'granted' }>

/** What came of asking, and when, on the database's clock. */
export type Asked<T> =
  | {
      readonly kind: 'answered'
      readonly answer: Answer<T>
      readonly requestedAt: Date
      readonly receivedAt: Date
      readonly tries: number
      readonly sent: Pick<Granted, 'number' | 'paced'>
    }
  /** The budget (or the stop of the process) did not let the request out. */
  | { readonly kind: 'not_sent' }

/** Only trouble that shows at once is worth another try at once; what hangs is left to the next poll. */
const QUICK_MS = 3_000
/** A token is for now: sent later, as after the process was frozen, the request would break the budget. */
const TOKEN_LASTS_MS = 3_000
/** From so many unusable answers in a row on, the provider is ill, and quick retries only make it worse. */
const ILL_FROM = 3

class PassingTrouble extends Error {}

/** Asks the provider, and once or twice more where the trouble was quick and passing. Each try spends budget. */
export async function askProvider<T>(
  deps: Pick<Deps, 'db' | 'log' | 'meter'>,
  account: Account,
  kind: 'get' | 'list',
  send: () => Promise<Answer<T>>,
  signal: AbortSignal,
): Promise<Asked<T>> {
  let asked: Asked<T> = { kind: 'not_sent' }
  const about = { 'landfall.account': account.name }

  async function tryOnce(attempt: number): Promise<void> {
    const used = account.key?.current() ?? ''
    const askedMs = performance.now()
    const spending = await spendToken(deps.db, account.name, kind, account.rate)
    const sentMs = performance.now()
    if (spending.kind === 'refused' || sentMs - askedMs > TOKEN_LASTS_MS) throw new AbortError('no budget')
    if (spending.recovered) deps.log.info({ account: account.name, ...account.rate }, 'account.recovered')
    const answer = await inSpan(
      `request ${kind}`,
      { attributes: { ...about, 'landfall.attempt': attempt }, asks: true },
      async (span) => {
        const got = await send()
        span.setAttribute('landfall.outcome', got.kind)
        return got
      },
    )
    const tookMs = performance.now() - sentMs
    deps.meter.requestAnswered({ account: account.name, kind, outcome: answer.kind, tookMs })
    // Rather too late than too early: nobody knows how long ago the database read its clock.
    const receivedAt = new Date(spending.at.getTime() + performance.now() - askedMs)
    asked = { kind: 'answered', answer, requestedAt: spending.at, receivedAt, tries: attempt, sent: spending }
    // Before the account is suspended for it, a key that was put in place meanwhile is tried.
    if (answer.kind === 'refused' && (await account.key?.renew(used)) === true) {
      deps.log.info({ account: account.name }, 'account.key_read')
      throw new PassingTrouble('the key has changed')
    }
    const passing = answer.kind === 'unusable' && answer.passing
    if (passing && tookMs < QUICK_MS && spending.failures < ILL_FROM) throw new PassingTrouble(answer.reason)
  }

  const options = { retries: 2, minTimeout: 250, factor: 3, randomize: true, signal }
  try {
    await pRetry(tryOnce, options)
  } catch (err) {
    const expected =
      err instanceof PassingTrouble || signal.aborted || (err instanceof Error && err.message === 'no budget')
    if (!expected) throw err
  }
  return asked
}
