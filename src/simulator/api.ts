import type { WorldClock } from './clock.ts'
import type { Fault } from './faults.ts'
import type { Change } from './life.ts'
import { createNaming } from './naming.ts'
import type { SimulatorSettings } from './options.ts'
import { envelopeOf, pageOf, parsePageRequest } from './pages.ts'
import { createRandom } from './random.ts'
import { randomChanges } from './random-life.ts'
import type { Route } from './route.ts'
import { errorReply, jsonReply, migrationObject, type Reply } from './wire.ts'
import { type Row, rowOf, type World } from './world.ts'

/** How the API answers when nothing spoils the answer. Of the faults it knows those that strike a list's content. */
export type AnswerRoute = (route: Route, fault: Fault | null, body: string) => Reply

export function createApi(settings: SimulatorSettings, world: World, clock: WorldClock): AnswerRoute {
  const complete = createNaming(settings.seed, settings.idStyle)
  let started = 0
  const error = (statusCode: number, message: string) => errorReply(statusCode, message, settings.errorBody)
  const show = (row: Row, atMs: number) => migrationObject(row, atMs, clock.epochMs(), settings.timeStyle)

  function listReply(query: URLSearchParams, fault: Fault | null): Reply {
    const request = parsePageRequest(query, settings)
    if (request.kind === 'invalid') return error(400, request.reason)
    // A stale list catches up with a frozen world, as a cache would.
    const staleMs = Math.min(clock.atMs(), clock.unfrozenMs() - settings.staleMs)
    const atMs = fault?.kind === 'stale_list' ? staleMs : clock.atMs()
    const existing = world.list(atMs)
    const objects = pageOf(existing, request).map((row) => show(row, atMs))
    return jsonReply(envelopeOf(strike(objects, fault), request, existing.length, settings))
  }

  function getReply(id: string): Reply {
    const row = world.find(id, clock.atMs())
    return row ? jsonReply(show(row, clock.atMs())) : error(404, 'no such migration')
  }

  /** Each request starts another one: the API knows no idempotency. */
  function startReply(body: string): Reply {
    const asked = parseStart(body)
    if (asked === null) return error(400, 'service_account_id and tasks_to_include are required')
    started += 1
    const next = createRandom(`${settings.seed}/started/${started}`)
    const createdS = clock.atMs() / 1000
    const scaled = randomChanges(next, settings).map(
      ([atS, status]): Change => [createdS + atS / settings.speed, status],
    )
    // Born now, in real time: what is scaled already must not be scaled again.
    const life = complete({ createdS, changes: [[createdS, 'NOT_READY'], ...scaled] }, next)
    const row = rowOf(life, 1, false)
    world.add(row)
    return jsonReply(show(row, clock.atMs()))
  }

  return (route, fault, body) => {
    if (route.kind === 'start') return startReply(body)
    if (route.kind === 'list') return listReply(route.query, fault)
    return route.kind === 'get' ? getReply(route.id) : error(404, 'no such path')
  }
}

function parseStart(body: string): object | null {
  try {
    const asked: unknown = JSON.parse(body)
    const isStart =
      typeof asked === 'object' &&
      asked !== null &&
      'service_account_id' in asked &&
      'tasks_to_include' in asked
    return isStart ? asked : null
  } catch {
    return null
  }
}

/** What strikes the rows of a list before they are wrapped. */
function strike<T>(objects: readonly T[], fault: Fault | null): readonly T[] {
  if (fault?.kind === 'empty_page') return []
  // As if a new migration had pushed the rows down one place: the first comes twice, the last not at all.
  if (fault?.kind === 'duplicate_rows') return [...objects.slice(0, 1), ...objects.slice(0, -1)]
  return objects
}
