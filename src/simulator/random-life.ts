import type { Change } from './life.ts'
import type { SimulatorSettings } from './options.ts'
import { exponential, lognormal, pick, type Random } from './random.ts'

const INVENTED_STATUS = 'VALIDATING_RESULTS'

type LifeStyle = Pick<SimulatorSettings, 'typicalLifeS' | 'backwardsShare' | 'inventedShare'>

/** One life from its creation at second 0: wait to start, work, perhaps stop for the user, end. */
export function randomChanges(next: Random, style: LifeStyle): Change[] {
  const { typicalLifeS } = style
  const changes: Change[] = []
  let atS = 0
  const pass = (seconds: number, status: string) => {
    atS += seconds
    changes.push([atS, status])
  }
  const setback = setbackOf(next, style.backwardsShare)
  const isInvented = next() < style.inventedShare

  if (next() < 0.3) {
    pass(0, 'NOT_READY')
    pass(exponential(next, typicalLifeS / 30), 'NOT_STARTED')
  }
  if (next() < 0.04) {
    pass(lognormal(next, typicalLifeS, 1), 'LOGIN_ABANDONED')
    return changes
  }
  pass(exponential(next, typicalLifeS / 10), 'WORKING')
  const workS = next() < 0.85 ? lognormal(next, typicalLifeS, 0.7) : lognormal(next, 6 * typicalLifeS, 0.8)
  if (isInvented) pass(workS * next(), INVENTED_STATUS)
  if (setback === 'midway') {
    pass(workS * next(), 'NOT_STARTED')
    pass(exponential(next, typicalLifeS / 10), 'WORKING')
  }
  const stops = stopsOf(next)
  const partS = workS / (stops + 1)
  for (let stop = 0; stop < stops; stop += 1) {
    pass(partS, 'PENDING_USER_INPUT')
    const isLeft = next() < 0.12
    pass(lognormal(next, 2 * typicalLifeS, 1), isLeft ? 'LOGIN_ABANDONED' : 'WORKING')
    if (isLeft) return changes
  }
  pass(partS, endOf(next))
  if (setback === 'after_end') {
    pass(exponential(next, typicalLifeS), 'WORKING')
    pass(workS * next(), endOf(next))
  }
  return changes
}

/** How often a life stops for the user: mostly never, at times once, once in a while up to four times. */
function stopsOf(next: Random): number {
  if (next() >= 0.25) return 0
  return next() < 0.8 ? 1 : 2 + Math.floor(next() * 3)
}

function setbackOf(next: Random, share: number): 'none' | 'midway' | 'after_end' {
  if (next() >= share) return 'none'
  return next() < 0.5 ? 'midway' : 'after_end'
}

function endOf(next: Random): string {
  if (next() < 0.82) return 'COMPLETE'
  return pick(next, ['COMPLETED_WITH_FAILURES', 'COMPLETED_WITH_FAILURES', 'FAILED'])
}
