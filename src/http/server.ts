import etag from '@fastify/etag'
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'

import type { Service } from '../runtime/service.ts'
import { type AccessDeps, requireAccess } from './access.ts'
import { type AccountsDeps, addAccounts } from './accounts.ts'
import { type AskedMigrationsDeps, addAskedMigrations } from './asked-migrations.ts'
import { addDeliveries } from './deliveries.ts'
import { addEventFeed, type EventFeedDeps } from './event-feed.ts'
import { addEvents } from './events.ts'
import { addHealthRoutes, type HealthDeps } from './health.ts'
import { addHooks, type HooksDeps } from './hooks.ts'
import { addIngest, type IngestDeps } from './ingest.ts'
import { addMetrics, type MetricsDeps } from './metrics.ts'
import { addMigrations, type MigrationsDeps } from './migrations.ts'
import { describeApi } from './openapi.ts'
import { refuseForeignPages } from './own-pages.ts'
import { addPage } from './page.ts'
import { problemOfRequest, sendProblem } from './problem.ts'
import { addQueueBoard, type QueueBoardDeps } from './queue-board.ts'
import { addReplays } from './replays.ts'
import { addSession } from './session.ts'
import { addStats } from './stats.ts'
import { validatorCompiler } from './validate.ts'

export interface HttpServerOptions
  extends AccessDeps,
    HealthDeps,
    EventFeedDeps,
    MigrationsDeps,
    AskedMigrationsDeps,
    AccountsDeps,
    HooksDeps,
    IngestDeps,
    QueueBoardDeps,
    MetricsDeps {
  readonly host: string
  readonly port: number
  readonly log: Logger
}

export interface HttpServer extends Service {
  /** Where it listens, once started. */
  url(): string
}

/**
 * Longer than proxies keep idle connections (AWS 60 s, Traefik 90 s, Caddy 2 min, Google 10 min). Otherwise a request
 * that one of them sends on a connection we are just closing fails as a 502.
 */
const KEEP_ALIVE_MS = 620_000
/** Ids are the providers': they may be long. */
const routerOptions = { maxParamLength: 1_500 }

export function createHttpServer(options: HttpServerOptions): HttpServer {
  function answerError(err: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const problem = problemOfRequest(err)
    if (problem !== null) return sendProblem(reply, ...problem)
    options.log.error({ err, method: request.method, path: request.routeOptions.url }, 'http.failed')
    return sendProblem(reply, 500)
  }

  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions,
    // Addresses that no route can be looked for under.
    frameworkErrors: (...refused) => void answerError(...refused),
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  let url = ''
  void app.register(async (root) => {
    await describeApi(root, options.version)
    addHealthRoutes(root, options)
    addPage(root)
    await root.register(async (ingest) => addIngest(ingest, options))
    await root.register(async (api) => {
      await api.register(etag)
      // Only what is read again is left out where it has not changed.
      api.addHook('onRequest', async ({ method, headers }, reply) => {
        // Unless told otherwise, a CDN keeps answers for a day.
        void reply.header('cache-control', 'private, no-cache')
        if (method !== 'GET') delete headers['if-none-match']
      })
      await requireAccess(api, options)
      refuseForeignPages(api)
      addSession(api, options)
      addMigrations(api, options)
      addAskedMigrations(api, options)
      addStats(api, options)
      addEventFeed(api, options)
      addEvents(api, options)
      addAccounts(api, options)
      addReplays(api, options)
      await addHooks(api, options)
      addDeliveries(api, options)
      addMetrics(api, options)
      await addQueueBoard(api, options)
    })
  })
  app.setNotFoundHandler((_, reply) => sendProblem(reply, 404, 'there is nothing at this path'))
  app.setErrorHandler(answerError)

  async function start(): Promise<void> {
    url = await app.listen({ host: options.host, port: options.port })
    options.log.info({ url }, 'http.listening')
  }

  return { name: 'http', start, stop: () => app.close(), url: () => url }
}
