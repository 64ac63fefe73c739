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
let isStopped = false
process.stdin.resume().once('end', () => {
  isStopped = true
})

async function spendAll(): Promise<void> {
  while (!isStopped) {
    const spending = await spendToken(db, setup.account, 'get', setup.rate)
    if (spending.kind === 'granted') process.stdout.write(`${spending.at.getTime()}\n`)
  }
}

await Promise.all([spendAll(), spendAll()])
await db.pool.end()
