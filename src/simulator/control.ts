import { type FaultMix, parseFaultMix } from './faults.ts'
import type { LoggedRequest, RequestCounts } from './request-log.ts'
import { jsonReply, type Reply, type TrueMigration } from './wire.ts'

/** Paths under this are for tests and the demo: no key, no limit, no faults, not logged. */
export const CONTROL_PREFIX = '/_simulator/'

/** What every simulated provider can be asked and told, beside its API. */
export interface Controls {
  /** Every migration that exists, oldest first; `history: false` leaves out those that ended long before the start. */
  truth(options?: { history?: boolean }): TrueMigration[]
  /** What has been asked, oldest first; the last 200,000. */
  requests(): readonly LoggedRequest[]
  /** How much has been asked, of everything. */
  counts(): RequestCounts
  /** From now on these faults, and no others. Throws on a name or probability that is none. */
  setFaults(mix: FaultMix): void
  faults(): FaultMix
  /** From now on it is gone. False if there is no such migration. */
  delete(id: string): boolean
  /** Stops the world where it is, for ever. */
  freeze(): void
  isFrozen(): boolean
  /** What `now` read at simulated second 0. The first call starts the world. */
  epochMs(): number
}

/**
 * | request | answer |
 * | --- | --- |
 * | `GET truth` (`?history=0` without the old ones) | every existing migration with its statuses so far |
 * | `GET requests` (`?since=MS`) | `counts` of everything, and the last 200,000 `requests` |
 * | `POST faults` `{"hang": 0.1, …}` | from now on this mix and no other; `{}` ends all faults |
 * | `POST delete` `{"id": "…"}` | from now on that migration is gone; 404 if there is none |
 * | `POST freeze` | the world's clock stops for ever; requests are answered on |
 * | `GET health` | `{"status": "ok", …}` |
 */
export function controlReply(method: string, url: URL, body: string, stage: Controls): Reply {
  const name = url.pathname.slice(CONTROL_PREFIX.length)
  switch (`${method} ${name}`) {
    case 'GET truth':
      return jsonReply(stage.truth({ history: url.searchParams.get('history') !== '0' }))
    case 'GET requests': {
      const since = Number(url.searchParams.get('since') ?? 0)
      return jsonReply({ counts: stage.counts(), requests: stage.requests().filter(({ at }) => at >= since) })
    }
    case 'GET health':
      return healthReply(stage)
    case 'POST faults': {
      const parsed = parseFaultMix(jsonIn(body))
      if (parsed.kind === 'invalid') return jsonReply({ error: { message: parsed.reason } }, 400)
      stage.setFaults(parsed.mix)
      return jsonReply({ faults: stage.faults() })
    }
    case 'POST delete':
      return deleteReply(body, stage)
    case 'POST freeze':
      stage.freeze()
      return healthReply(stage)
    default:
      return jsonReply({ error: { message: `there is no ${method} ${name}` } }, 404)
  }
}

function healthReply(stage: Controls): Reply {
  return jsonReply({
    status: 'ok',
    started_at: new Date(stage.epochMs()).toISOString(),
    frozen: stage.isFrozen(),
    faults: stage.faults(),
  })
}

function deleteReply(body: string, stage: Controls): Reply {
  const value = jsonIn(body)
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'string')
    return jsonReply({ error: { message: 'the body must be {"id": "…"}' } }, 400)
  if (!stage.delete(value.id)) return jsonReply({ error: { message: 'no such migration' } }, 404)
  return jsonReply({ deleted: value.id })
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
