import { setTimeout as delay } from 'node:timers/promises'

import pg from 'pg'
import type { Logger } from 'pino'

import { adviseOnTls, withLibpqMeaning } from '../runtime/postgres-session.ts'

/** The server cannot be reached, or is not ready yet; with patience it may be. */
const PASSING_CODES = new Set([
  '57P03',
  '53300',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
])
const RETRY_MS = 500

export class DatabaseUnreachableError extends Error {}

/** Waits until the database accepts connections; throws at once where waiting cannot help, as with a wrong password. */
export async function waitForDatabase(url: string, patienceMs: number, log: Logger): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (let attempt = 1; ; attempt += 1) {
    const trouble = await tryConnect(url)
    if (trouble === null) return
    const code = 'code' in trouble ? String(trouble.code) : ''
    const passing =
      PASSING_CODES.has(code) ||
      /timeout|terminated|AggregateError/i.test(`${trouble.name} ${trouble.message}`)
    if (!passing || performance.now() > deadline) {
      const advice = adviseOnTls(trouble.message) ?? 'Check DATABASE_URL.'
      throw new DatabaseUnreachableError(
        `Cannot connect to the database: ${trouble.message || code}. ${advice}`,
      )
    }
    if (attempt === 1) log.warn({ reason: trouble.message || code, patienceMs }, 'database.waiting')
    await delay(RETRY_MS)
  }
}

async function tryConnect(url: string): Promise<Error | null> {
  const client = new pg.Client({
    connectionString: withLibpqMeaning(url),
    connectionTimeoutMillis: 5_000,
    application_name: 'landfall-wait',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return null
  } catch (err) {
    return err instanceof Error ? err : new Error(String(err))
  } finally {
    await client.end().catch(() => {})
  }
}
