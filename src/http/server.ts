import fastify from 'fastify'
import type { Logger } from 'pino'

import type { Service } from '../runtime/service.ts'
import { requireBearer } from './bearer.ts'
import { addEventFeed, type EventFeedDeps } from './event-feed.ts'
import { addHealthRoutes, type HealthDeps } from './health.ts'
import { addTracking, type TrackingDeps } from './tracking.ts'

export interface HttpServerOptions extends HealthDeps, EventFeedDeps, TrackingDeps {
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
    addEventFeed(api, options)
    addTracking(api, options)
  })
  app.setErrorHandler((err, request, reply) => {
    options.log.error({ err, method: request.method, path: request.routeOptions.url }, 'http.failed')
    const problem = { type: 'about:blank', title: 'Something went wrong here', status: 500 }
    return reply.code(500).type('application/problem+json').send(problem)
  })

  async function start(): Promise<void> {
    url = await app.listen({ host: options.host, port: options.port })
    options.log.info({ url }, 'http.listening')
  }

  return { name: 'http', start, stop: () => app.close(), url: () => url }
}
