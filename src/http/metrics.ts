import type { FastifyInstance } from 'fastify'

export interface MetricsDeps {
  /** All metrics, in the format that this `Accept` header asks for. */
  readonly scrape: (
    accept: string | undefined,
  ) => Promise<{ readonly contentType: string; readonly body: string }>
}

export function addMetrics(app: FastifyInstance, { scrape }: MetricsDeps): void {
  app.get('/metrics', async ({ headers }, reply) => {
    const { contentType, body } = await scrape(headers.accept)
    return reply.header('content-type', contentType).header('vary', 'accept').send(body)
  })
}
