import fastify, { type FastifyError } from 'fastify'
import type { Logger } from 'pino'

import type { Service } from '../runtime/service.ts'
import { requireBearer } from './bearer.ts'
import { addEventFeed, type EventFeedDeps } from './event-feed.ts'
import { addHealthRoutes, type HealthDeps } from './health.ts'
import { addHooks, type HooksDeps } from './hooks.ts'
import { addMetrics, type MetricsDeps } from './metrics.ts'
import { refuseForeignPages } from './own-pages.ts'
import { problemOfRequest, sendProblem } from './problem.ts'
import { addReplays } from './replays.ts'
import { addTracking, type TrackingDeps } from './tracking.ts'

export interface HttpServerOptions extends HealthDeps, EventFeedDeps, TrackingDeps, HooksDeps, MetricsDeps {
  readonly host: string
  readonly port: number
  readonly log: Logger
  /** What clients of the API send; null where only this machine reaches it. */
  readonly apiToken: string | null
}

export interface HttpServer extends Service {
  /** Where it listens, once started. */
  url(): string
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const app = fastify({ logger: false, forceCloseConnections: true })
  let url = ''
  addHealthRoutes(app, options)
  void app.register(async (api) => {
    requireBearer(api, options.apiToken)
    refuseForeignPages(api, options.apiToken !== null)
    addEventFeed(api, options)
    addTracking(api, options)
    addReplays(api, options)
    addHooks(api, options)
    addMetrics(api, options)
  })
  app.setErrorHandler((err: FastifyError, request, reply) => {
    const problem = problemOfRequest(err)
    if (problem !== null) return sendProblem(reply, ...problem)
    options.log.error({ err, method: request.method, path: request.routeOptions.url }, 'http.failed')
    return sendProblem(reply, 500)
  })

  async function start(): Promise<void> {
    url = await app.listen({ host: options.host, port: options.port })
    options.log.info({ url }, 'http.listening')
  }

  return { name: 'http', start, stop: () => app.close(), url: () => url }
}
