import type { Knowledge } from './knowledge.ts'
import { CLASSES } from './urgency.ts'

/** Tables are brought up to date in rounds of this length, in seconds; longer the more is known. */
const ROUND_S = { least: 60, most: 900 }
const CLASSES_AT_ONCE = 8

/** Lets what was learned grow old, and the tables of worth follow it, a few classes at a time. */
export function createTables({ survival, urgency, set, ledger }: Knowledge) {
  let debt = 0
  let watched = 0
  return {
    bringUp(passed: number): void {
      watched += passed
      const round = Math.min(ROUND_S.most, Math.max(ROUND_S.least, watched / 5))
      debt += (passed / round) * CLASSES
      if (debt >= 1) {
        const classes = Math.min(CLASSES_AT_ONCE, Math.floor(debt))
        urgency.refresh(classes, set.resumedAt())
        debt = Math.min(CLASSES, debt - classes)
      }
      survival.decay(passed)
      ledger.pass(passed)
    },
  }
}
