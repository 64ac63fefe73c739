import type { Change, FullLife, Life } from './life.ts'
import { createNaming } from './naming.ts'
import type { SimulatorSettings } from './options.ts'
import { createRandom, type Random } from './random.ts'
import { randomChanges } from './random-life.ts'

const DAY_S = 86_400

type LifeSettings = Pick<
  SimulatorSettings,
  | 'seed'
  | 'lives'
  | 'migrations'
  | 'aliveShare'
  | 'arrivalS'
  | 'typicalLifeS'
  | 'backwardsShare'
  | 'inventedShare'
  | 'deletedShare'
  | 'history'
  | 'idStyle'
>

/** Those that ended long before the start. */
export function* historyLives(settings: LifeSettings): Generator<FullLife> {
  const complete = createNaming(settings.seed, settings.idStyle)
  for (let index = 0; index < settings.history; index += 1) {
    const next = createRandom(`${settings.seed}/history/${index}`)
    yield complete(pastLife(next, settings), next)
  }
}

/** Those that the run is about: scripted, or made from the seed. */
export function* runLives(settings: LifeSettings): Generator<FullLife> {
  const complete = createNaming(settings.seed, settings.idStyle)
  const { lives } = settings
  const count = lives === 'random' ? settings.migrations : lives.length
  for (let index = 0; index < count; index += 1) {
    const next = createRandom(`${settings.seed}/run/${index}`)
    const scripted = lives === 'random' ? undefined : lives[index]
    yield complete(scripted ?? runLife(next, settings, index), next)
  }
}

function runLife(next: Random, settings: LifeSettings, index: number): Life {
  const changes = randomChanges(next, settings)
  const endS = changes.at(-1)?.[0] ?? 0
  const isOld = index < Math.round(settings.migrations * settings.aliveShare)
  const createdS = isOld ? -next() * endS : next() * settings.arrivalS
  const life = shifted(changes, createdS)
  if (next() >= settings.deletedShare) return life
  const firstS = Math.max(0, life.createdS)
  return { ...life, deletedS: firstS + next() * 1.3 * (life.createdS + endS - firstS) }
}

/** Ended at least a week ago, within the last year or so. */
function pastLife(next: Random, settings: LifeSettings): Life {
  const changes = randomChanges(next, { ...settings, backwardsShare: 0, inventedShare: 0 })
  const endS = changes.at(-1)?.[0] ?? 0
  return shifted(changes, -(endS + 7 * DAY_S + next() * 365 * DAY_S))
}

function shifted(changes: readonly Change[], byS: number): Life {
  // Microseconds are what the API shows.
  const moved = (seconds: number) => Math.round((seconds + byS) * 1e6) / 1e6
  return { createdS: moved(0), changes: changes.map(([atS, status]) => [moved(atS), status]) }
}
