import { pino } from 'pino'
import { spendToken } from '../../src/store/budgets.ts'
import { openDb } from '../../src/store/db.ts'
import type { SpenderSetup } from './spender.ts'

const setup = JSON.parse(process.env['LANDFALL_TEST_SPENDER'] ?? '') as SpenderSetup
const db = openDb({
  url: setup.url,
  log: pino({ level: 'silent' }),
  applicationName: 'spender',
  maxConnections: 2,
})
const moments: number[] = []

async function spendAll(): Promise<void> {
  while (Date.now() < setup.untilMs) {
    const spending = await spendToken(db, setup.account, 'get', setup.rate)
    if (spending.kind === 'granted') moments.push(spending.at.getTime())
  }
}

await Promise.all([spendAll(), spendAll()])
await db.pool.end()
process.stdout.write(JSON.stringify(moments))
