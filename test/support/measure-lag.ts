import type { Simulator } from '../../src/simulator/server.ts'
import { callsTo, type World } from './world.ts'

type TrueMigration = ReturnType<Simulator['truth']>[number]

/** Seconds from the true end of a migration to the first call that told of it. */
export interface Lag {
  readonly ends: number
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

/** Over all that ended after a moment. */
export function measureLag(
  { receiver }: Pick<World, 'receiver'>,
  truth: readonly TrueMigration[],
  afterMs: number,
): Lag {
  const toldAt = new Map<string, number>()
  for (const [index, call] of callsTo(receiver).entries()) {
    const key = `${call.subject} ${String(call.data['status'])}`
    const at = receiver.requests[index]?.receivedAt.getTime() ?? 0
    toldAt.set(key, Math.min(at, toldAt.get(key) ?? at))
  }
  const lags = truth.flatMap(({ id, changes }) => {
    const last = changes.at(-1)
    const endedMs = Date.parse(last?.at ?? '')
    const told = toldAt.get(`${id} ${last?.status}`)
    return told === undefined || endedMs < afterMs ? [] : [(told - endedMs) / 1_000]
  })
  lags.sort((a, b) => a - b)
  const at = (share: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))] ?? 0
  return { ends: lags.length, p50: at(0.5), p99: at(0.99), longest: at(1) }
}
