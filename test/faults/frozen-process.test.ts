import { inspect } from 'node:util'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createAnonProvider } from '../../src/providers/anon/client.ts'
import { takePlanningTurn } from '../../src/store/accounts.ts'
import { type Db, inTransaction } from '../../src/store/db.ts'
import type { Account } from '../../src/work/account.ts'
import type { Deps } from '../../src/work/deps.ts'
import { planRequests } from '../../src/work/plan-requests.ts'
import { pollMigration } from '../../src/work/poll-migration.ts'
import { walkOn } from '../../src/work/walk-on.ts'
import { createTestAccount, query } from '../support/account.ts'
import { API_KEY } from '../support/daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { type After, STILL_LIVES, startSimulator } from '../support/world.ts'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let account: Account
let deps: Deps
beforeEach(async () => {
  landfall = await createTestAccount()
  deps = landfall.deps
})
afterEach(() => landfall.close())

const never = new AbortController().signal

/** As SIGSTOP and SIGCONT do: nothing runs meanwhile, and nobody is told. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** A database whose client freezes as soon as the answer to such a statement is there. */
function freezingAfter(db: Db, text: string, ms: number): Db {
  return new Proxy(db, {
    get(target, name, receiver) {
      if (name !== 'execute') return Reflect.get(target, name, receiver)
      return async (statement: Parameters<Db['execute']>[0]) => {
        const result = await target.execute(statement)
        if (inspect(statement, { depth: 8 }).includes(text)) freeze(ms)
        return result
      }
    },
  })
}

async function startProvider(after: After) {
  const { simulator, url } = await startSimulator(after, STILL_LIVES)
  account = { ...landfall.account, provider: createAnonProvider({ apiKey: API_KEY, baseUrl: url }) }
  const planned = await planRequests(deps, account)
  for (const page of planned?.walks ?? []) await walkOn(deps, account, page, never)
  return simulator
}

test('a request whose process was frozen with its token in hand is not sent late', async ({
  onTestFinished: after,
}) => {
  const simulator = await startProvider(after)
  await query(deps.db, 'update landfall.migration set next_poll_at = now()')
  const planned = await planRequests(deps, account)
  const before = simulator.requests().length
  const frozen = { ...deps, db: freezingAfter(deps.db, 'landfall.budget', 4_000) }

  await pollMigration(frozen, account, planned?.polls[0] ?? { key: '', claim: 0 }, never)

  expect(simulator.requests().length).toBe(before)
  const due = await query(
    deps.db,
    'select 1 from landfall.migration where next_poll_at <= now() and lease_until is null',
  )
  expect(due).toHaveLength(1)
})

test('a process frozen in its planning turn does not keep the turn for ten seconds', async ({
  onTestFinished: after,
}) => {
  await startProvider(after)
  await query(deps.db, 'update landfall.migration set next_poll_at = now()')
  const thawed = Promise.withResolvers<void>()
  const turn = Promise.withResolvers<void>()
  const frozen = inTransaction(deps.db, async (tx) => {
    await takePlanningTurn(tx, account.name)
    turn.resolve()
    await thawed.promise
    await takePlanningTurn(tx, account.name)
  })
  frozen.catch(() => {})
  await turn.promise
  const fromMs = performance.now()
  expect((await planRequests(deps, account))?.polls).toEqual([])

  const planned = async () => ((await planRequests(deps, account))?.polls ?? []).length > 0
  await waitFor(planned, { what: 'somebody else to plan', timeoutMs: 20_000 })
  thawed.resolve()

  expect(performance.now() - fromMs).toBeLessThan(8_000)
  await expect(frozen).rejects.toThrow()
})
