import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

export interface MetricsDeps {
  /** All metrics, in the format that this `Accept` header asks for. */
  readonly scrape: (
    accept: string | undefined,
  ) => Promise<{ readonly contentType: string; readonly body: string }>
}

const body = { schema: z.string() }
const told = {
  description: 'All metrics, for Prometheus',
  content: { 'text/plain': body, 'application/openmetrics-text': body },
}

export function addMetrics(app: FastifyInstance, { scrape }: MetricsDeps): void {
  app.get(
    '/metrics',
    { schema: { operationId: 'getMetrics', response: { 200: told } } },
    async ({ headers }, reply) => {
      const { contentType, body } = await scrape(headers.accept)
      return reply.header('content-type', contentType).header('vary', 'accept').send(body)
    },
  )
}
