import { createApi } from './api.ts'
import { createWorldClock } from './clock.ts'
import { drawFault, type Fault, isListFault, nameOf, refusesRequest, validMix } from './faults.ts'
import type { Answering, Question } from './listener.ts'
import { historyLives, runLives } from './lives.ts'
import type { RateLimit, SimulatorSettings } from './options.ts'
import { createRandom } from './random.ts'
import { createRateLimit, rateLimitHeaders, retryAfterHeaders } from './rate-limit.ts'
import { createRequestLog, type LoggedRequest } from './request-log.ts'
import { type Route, routeOf } from './route.ts'
import { isSilent } from './send.ts'
import { spoilReply } from './spoil.ts'
import { errorReply, jsonReply, type Reply, trueMigration } from './wire.ts'
import { createWorld, exists, rowOf, type World } from './world.ts'

const KEPT_REQUESTS = 200_000

/** The simulator without its sockets. */
export interface Stage extends Answering {
  /** From now on this limit, of which nothing is spent yet; null allows everything. */
  setRateLimit(limit: RateLimit | null): void
  /** From now on larger pages are refused; null: none are. */
  setRefusedPageSize(size: number | null): void
}

export function createStage(settings: SimulatorSettings): Stage {
  const world = worldOf(settings)
  const clock = createWorldClock(settings.now, settings.epochMs)
  const log = createRequestLog(KEPT_REQUESTS)
  const gate = createGate(settings)
  let { refusedPageSize } = settings
  const pages = {
    ...settings,
    get refusedPageSize() {
      return refusedPageSize
    },
  }
  const answerRoute = createApi(pages, world, clock)
  const chance = createRandom(`${settings.seed}/faults`)
  let mix = validMix(settings.faults)

  function faultFor(route: Route): Fault | null {
    if (route.kind === 'other') return null
    const fault = drawFault(mix, chance)
    return fault && isListFault(fault) && route.kind !== 'list' ? null : fault
  }

  function answer(question: Question) {
    const route = routeOf(question.method, question.url)
    const nowMs = settings.now()
    const logged = entryOf(route, nowMs)
    log.record(logged)
    const { refused, headers } = gate.pass(question, nowMs)
    const fault = refused ? null : faultFor(route)
    // A fault that turns a request away does so before it is carried out.
    const isRefused = fault !== null && refusesRequest(fault)
    const content = refused ?? (isRefused ? jsonReply({}) : answerRoute(route, fault, question.body))
    const honest = { ...content, headers: { ...content.headers, ...headers } }
    const context = { path: question.url.pathname, nowMs, next: chance, settings }
    const reply = fault ? spoilReply(honest, fault, context) : honest
    log.settle(logged, isSilent(fault) ? 0 : reply.statusCode, fault && nameOf(fault))
    return { reply, fault }
  }

  return {
    answer,
    truth: ({ history = true } = {}) =>
      world.rows
        .filter((row) => exists(row, clock.atMs()) && (history || !row.isHistory))
        .map((row) => trueMigration(row, clock.atMs(), clock.epochMs(), settings.timeStyle)),
    requests: log.list,
    counts: log.counts,
    setFaults: (next) => {
      mix = validMix(next)
    },
    faults: () => mix,
    setRateLimit: gate.setRateLimit,
    setRefusedPageSize: (size) => {
      refusedPageSize = size
    },
    delete: (id) => world.remove(id, clock.atMs()),
    freeze: clock.freeze,
    isFrozen: clock.isFrozen,
    epochMs: clock.epochMs,
  }
}

function worldOf(settings: SimulatorSettings): World {
  const history = Array.from(historyLives(settings), (life) => rowOf(life, settings.speed, true))
  const run = Array.from(runLives(settings), (life) => rowOf(life, settings.speed, false))
  return createWorld([...history, ...run], settings.order)
}

interface Gate {
  /** Whether a request is turned away before anything is looked at, and what its answer says of the limit. */
  pass(
    question: Question,
    nowMs: number,
  ): { readonly refused: Reply | null; readonly headers: Readonly<Record<string, string>> }
  setRateLimit(limit: RateLimit | null): void
}

function createGate(settings: SimulatorSettings): Gate {
  const { apiKey, refusal, errorBody } = settings
  let { rateLimit } = settings
  let take = createRateLimit(rateLimit)

  function refusalOf(question: Question, waitMs: number, nowMs: number): Reply | null {
    if (waitMs > 0) {
      const headers = retryAfterHeaders(rateLimit?.retryAfter ?? 'none', waitMs, nowMs)
      return errorReply(429, 'too many requests', errorBody, headers)
    }
    if (apiKey === null || question.headers.authorization === `Bearer ${apiKey}`) return null
    return errorReply(refusal, 'this key is not accepted', errorBody)
  }

  return {
    pass: (question, nowMs) => {
      const taken = take(nowMs)
      const refused = refusalOf(question, taken?.waitMs ?? 0, nowMs)
      return { refused, headers: taken === null ? {} : rateLimitHeaders(rateLimit?.headers, taken, nowMs) }
    },
    setRateLimit: (limit) => {
      rateLimit = limit
      take = createRateLimit(limit)
    },
  }
}

function entryOf(route: Route, at: number): LoggedRequest {
  const entry = { at, kind: route.kind === 'start' ? ('write' as const) : route.kind, statusCode: 0 }
  if (route.kind === 'get') return { ...entry, id: route.id }
  const page = route.kind === 'list' ? route.query.get('page') : null
  return page !== null && /^-?\d+$/.test(page) ? { ...entry, page: Number(page) } : entry
}
