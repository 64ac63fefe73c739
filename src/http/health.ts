import type { FastifyInstance } from 'fastify'

import type { Db } from '../store/db.ts'
import { loadTickAges } from '../store/health.ts'

/** A tick comes about every second; after so long without one something is wrong. */
const TICK_AGE_LIMIT_MS = 15_000
const DATABASE_DEADLINE_MS = 3_000

export interface HealthDeps {
  readonly db: Db
  readonly version: string
  /** Accounts that should be ticking. */
  readonly accounts: readonly string[]
}

type Readiness = { readonly ready: boolean; readonly problems: readonly string[] }

export function addHealthRoutes(app: FastifyInstance, deps: HealthDeps): void {
  app.get('/livez', async () => ({ alive: true }))
  app.get('/version', async () => ({ name: 'landfall', version: deps.version }))
  app.get('/readyz', async (_, reply) => {
    const readiness = await checkReadiness(deps)
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
}

/** Ready: the database answers, and every account's ticks come. */
async function checkReadiness(deps: Pick<HealthDeps, 'db' | 'accounts'>): Promise<Readiness> {
  const problems: string[] = []
  try {
    const ages = await deadline(loadTickAges(deps.db, deps.accounts))
    for (const account of deps.accounts) {
      const ageMs = ages.get(account) ?? null
      if (ageMs === null) problems.push(`account ${account}: no tick yet`)
      else if (ageMs > TICK_AGE_LIMIT_MS)
        problems.push(`account ${account}: no tick for ${Math.round(ageMs / 1000)} s`)
    }
  } catch {
    problems.push('the database does not answer')
  }
  return { ready: problems.length === 0, problems }
}

async function deadline<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('too slow')), DATABASE_DEADLINE_MS)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
