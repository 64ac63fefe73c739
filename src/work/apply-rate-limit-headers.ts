import { decidePace } from '../domain/adaptive-rate.ts'
import type { RateLimitHint } from '../domain/rate-limit-headers.ts'
import { inTransaction } from '../store/db.ts'
import { lockTraffic, recordPace } from '../store/pacing.ts'
import type { Account } from './account.ts'
import type { Asked } from './ask-provider.ts'
import type { Deps } from './deps.ts'

type Answered = Extract<Asked<unknown>, { kind: 'answered' }>

/** Slows the account down, or stops it, where the provider says that its own limit comes near. */
export async function applyRateLimitHeaders(
  deps: Pick<Deps, 'db' | 'log'>,
  account: Account,
  asked: Answered,
): Promise<void> {
  const { rateLimit, kind } = asked.answer
  // A refusal is settled as such; a pause set here would make it look like a part of an earlier wave.
  if (rateLimit === undefined || kind === 'throttled') return
  if (!asked.sent.paced && isFarFromLimit(account, asked, rateLimit)) return

  const { name, rate } = account
  const { pace, news } = await inTransaction(deps.db, async (tx) => {
    const { sentSince, blocked } = await lockTraffic(tx, name, asked.sent.number)
    const decided = decidePace(rateLimit, sentSince, rate.requestsPerSecond)
    await recordPace(tx, name, decided, rate)
    return { pace: decided, news: decided.kind === 'wait' && !blocked }
  })
  const line = { account: name, ...pace, rateLimit }
  if (news) deps.log.info(line, 'account.awaits_reset')
  else deps.log.debug(line, 'account.paced')
}

/** Most answers end here: even as much as all processes can have sent meanwhile leaves enough for the configured rate. */
function isFarFromLimit({ rate }: Account, asked: Answered, hint: RateLimitHint): boolean {
  const { requestsPerSecond, burst } = rate
  const meanwhileS = Math.max(0, asked.receivedAt.getTime() - asked.requestedAt.getTime()) / 1000
  return decidePace(hint, burst + requestsPerSecond * (meanwhileS + 1), requestsPerSecond).kind === 'free'
}
