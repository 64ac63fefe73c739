import etag from '@fastify/etag'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import type { Logger } from 'pino'

import { isLoopback } from '../runtime/loopback.ts'
import type { Service } from '../runtime/service.ts'
import { needsToken, requireAccess } from './access.ts'
import { type AccountsDeps, addAccounts } from './accounts.ts'
import { type AskedMigrationsDeps, addAskedMigrations } from './asked-migrations.ts'
import { basePathOf, extendLocation, withoutBase } from './base-path.ts'
import { addDeliveries } from './deliveries.ts'
import { addEventFeed, type EventFeedDeps } from './event-feed.ts'
import { addEvents } from './events.ts'
import { addHealthRoutes, type HealthDeps } from './health.ts'
import { addHooks, type HooksDeps } from './hooks.ts'
import { addIngest, type IngestDeps } from './ingest.ts'
import { addMetrics, type MetricsDeps } from './metrics.ts'
import { addMigrations, type MigrationsDeps } from './migrations.ts'
import { addDescription, describeApi } from './openapi.ts'
import { type OwnAddressDeps, refuseForeignHosts, refuseForeignPages } from './own-addresses.ts'
import { addPage } from './page.ts'
import { problemOfRequest, sendProblem } from './problem.ts'
import { addQueueBoard, type QueueBoardDeps } from './queue-board.ts'
import { addReplays } from './replays.ts'
import { addSession } from './session.ts'
import { addStats } from './stats.ts'
import { validatorCompiler } from './validate.ts'

export interface HttpServerOptions
  extends OwnAddressDeps,
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
  const basePath = basePathOf(options.publicUrl)

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
    // A proxy may leave the path of the public URL in place, or cut it off.
    rewriteUrl: ({ url = '/' }) => withoutBase(url, basePath),
    // Addresses that no route can be looked for under.
    frameworkErrors: (...refused) => void answerError(...refused),
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  let url = ''
  void app.register(async (root) => {
    await describeApi(root, options)
    addHealthRoutes(root, options)
    await root.register(async (ingest) => addIngest(ingest, options))
    await root.register(async (own) => {
      refuseForeignHosts(own, options)
      addDescription(own)
      addPage(own, basePath)
      await own.register((api) => addApi(api, options, basePath))
    })
  })
  app.setNotFoundHandler((_, reply) => sendProblem(reply, 404, 'there is nothing at this path'))
  app.setErrorHandler(answerError)

  async function start(): Promise<void> {
    url = await app.listen({ host: options.host, port: options.port })
    const { log, publicUrl } = options
    log.info({ url, ...(publicUrl !== null && { publicUrl }) }, 'http.listening')
    if (publicUrl === null || isLoopback(new URL(publicUrl).hostname)) return
    if (!(await needsToken(options))) log.warn({ publicUrl }, 'http.open')
  }

  return { name: 'http', start, stop: () => app.close(), url: () => url }
}

/** What a token guards. */
async function addApi(api: FastifyInstance, options: HttpServerOptions, basePath: string): Promise<void> {
  await api.register(etag)
  // Only what is read again is left out where it has not changed.
  api.addHook('onRequest', async ({ method, headers }, reply) => {
    // Unless told otherwise, a CDN keeps answers for a day.
    void reply.header('cache-control', 'private, no-cache')
    if (method !== 'GET') delete headers['if-none-match']
  })
  if (basePath !== '') api.addHook('onSend', async (_, reply) => extendLocation(reply, basePath))
  await requireAccess(api, options)
  refuseForeignPages(api, options)
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
  await addQueueBoard(api, options, basePath)
}
