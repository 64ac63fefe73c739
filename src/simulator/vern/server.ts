import { createWorldClock } from '../clock.ts'
import type { Controls } from '../control.ts'
import {
  drawFault,
  type Fault,
  type FaultMix,
  isListFault,
  nameOf,
  refusesRequest,
  validMix,
} from '../faults.ts'
import { type Answering, createListener, type Listener, type Question } from '../listener.ts'
import { createRandom } from '../random.ts'
import { createRequestLog, type LoggedRequest } from '../request-log.ts'
import { isSilent } from '../send.ts'
import { spoilReply } from '../spoil.ts'
import { jsonReply, type Reply } from '../wire.ts'
import { answerRoute, STORAGE_PREFIX, storeReply } from './api.ts'
import { createLimits } from './limits.ts'
import type { Moment } from './moment.ts'
import { VERN_DEFAULTS, type VernOptions, type VernSettings } from './options.ts'
import { classesOf, type VernRoute, vernRouteOf } from './route.ts'
import { vernError } from './wire.ts'
import { createVernWorld, trueMigration, type VernWorld } from './world.ts'

const KEPT_REQUESTS = 200_000

/** A Vern Migration API that behaves, and misbehaves, as told; steered like Anon's. */
export interface VernSimulator extends Controls, Listener {
  /** The id of every migration's current run, by the migration's. */
  runs(): ReadonlyMap<string, string>
}

export function createVernSimulator(options: VernOptions = {}): VernSimulator {
  const settings = { ...VERN_DEFAULTS, ...options }
  const { stage, runs } = createVernStage(settings)
  const { answer: _, ...controls } = stage
  return { ...controls, runs, ...createListener(stage, settings) }
}

function createVernStage(settings: VernSettings) {
  const world = createVernWorld(settings)
  const clock = createWorldClock(settings.now, settings.epochMs)
  const log = createRequestLog(KEPT_REQUESTS)
  const chance = createRandom(`${settings.seed}/vern faults`)
  let mix = validMix(settings.faults)
  const carryOut = createApi(settings, () => {
    return { world, settings, atMs: clock.atMs(), epochMs: clock.epochMs() }
  })

  function answer(question: Question): { reply: Reply; fault: Fault | null } {
    const nowMs = settings.now()
    const asked = askedIn(question)
    const entry = { ...asked.logged, at: nowMs, statusCode: 0 }
    log.record(entry)
    const drawn = asked.route === null ? null : drawFault(mix, chance)
    const fault = drawn !== null && isListFault(drawn) ? null : drawn
    // Other faults befall the answer to a request that was carried out.
    const isRefused = fault !== null && refusesRequest(fault)
    const honest = isRefused ? jsonReply({}) : carryOut(asked, question, nowMs)
    const context = { path: question.url.pathname, nowMs, next: chance, settings }
    const reply = fault ? spoilReply(honest, fault, context) : honest
    log.settle(entry, isSilent(fault) ? 0 : reply.statusCode, fault && nameOf(fault))
    return { reply, fault }
  }

  const stage: Answering = {
    answer,
    truth: () => world.all(clock.atMs()).map((one) => trueMigration(one, clock.atMs(), clock.epochMs())),
    requests: log.list,
    counts: log.counts,
    setFaults: (next) => {
      mix = validMix(next)
    },
    faults: (): FaultMix => mix,
    delete: (id) => {
      const one = world.find(id, clock.atMs())
      if (one !== null) one.goneMs = clock.atMs()
      return one !== null
    },
    freeze: clock.freeze,
    isFrozen: clock.isFrozen,
    epochMs: clock.epochMs,
  }
  return { stage, runs: () => currentRuns(world) }
}

function currentRuns(world: VernWorld): ReadonlyMap<string, string> {
  const pairs = world.all(Number.MAX_SAFE_INTEGER).flatMap(({ id, runs }) => {
    const last = runs.at(-1)
    return last === undefined ? [] : [[id, last.id] as const]
  })
  return new Map(pairs)
}

interface Asked {
  readonly route: VernRoute | null
  readonly isStorage: boolean
  readonly logged: Pick<LoggedRequest, 'kind' | 'id' | 'name'>
}

function askedIn({ method, url }: Question): Asked {
  const route = vernRouteOf(method, url.pathname)
  const isStorage = method === 'PUT' && url.pathname.startsWith(STORAGE_PREFIX)
  const name = isStorage ? 'store' : (route?.name ?? 'other')
  const kind = route === null ? 'other' : method === 'GET' ? 'get' : 'write'
  const id = route?.ids[0]
  return { route, isStorage, logged: { kind, name, ...(id !== undefined && { id }) } }
}

function createApi(settings: VernSettings, now: () => Moment) {
  const pass = createLimits(settings)

  function refusalOf({ headers }: Question): Reply | null {
    if (settings.apiKey !== null && headers[settings.keyHeader] !== settings.apiKey)
      return vernError(401, 'API key missing or invalid')
    return settings.hasPlan ? null : vernError(403, 'This account has no active plan')
  }

  return ({ route, isStorage }: Asked, question: Question, nowMs: number): Reply => {
    if (isStorage) return storeReply(question, now())
    if (route === null) return vernError(404, 'Not found')
    const body = jsonIn(question.body)
    const { kind, headers } = pass(route.name, classesOf(route.name, body), nowMs)
    const reply =
      kind === 'refused'
        ? vernError(429, 'Too many requests')
        : (refusalOf(question) ?? answerRoute(route, question, body, now()))
    return { ...reply, headers: { ...reply.headers, ...headers } }
  }
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}
