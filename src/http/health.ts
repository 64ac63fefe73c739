import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

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

const readiness = z.object({ ready: z.boolean(), problems: z.array(z.string()) })

const told = (operationId: string, response: object) => ({ schema: { operationId, security: [], response } })

export function addHealthRoutes(app: FastifyInstance, deps: HealthDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>()
  api.get('/livez', told('getLiveness', { 200: z.object({ alive: z.boolean() }) }), async () => ({
    alive: true,
  }))
  api.get(
    '/version',
    told('getVersion', { 200: z.object({ name: z.string(), version: z.string() }) }),
    async () => ({ name: 'landfall', version: deps.version }),
  )
  api.get('/readyz', told('getReadiness', { 200: readiness, 503: readiness }), async (_, reply) => {
    const found = await checkReadiness(deps)
    return reply.code(found.ready ? 200 : 503).send(found)
  })
}

/** Ready: the database answers, and every account's ticks come. */
async function checkReadiness(deps: Pick<HealthDeps, 'db' | 'accounts'>): Promise<z.input<typeof readiness>> {
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
