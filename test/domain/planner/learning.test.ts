import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AGE_BINS, ageBin, ageOf, WAIT_POINTS } from '../../../src/domain/planner/grid.ts'
import { createSurvival, ENDED, RUNNING } from '../../../src/domain/planner/survival.ts'
import { CLASSES, classOf, createUrgency, interpolate } from '../../../src/domain/planner/urgency.ts'

describe('survival', () => {
  test('learns a constant hazard', () => {
    const survival = createSurvival(null)
    for (let index = 0; index < 500; index += 1) {
      const life = -1000 * Math.log(1 - (index + 0.5) / 500)
      survival.addTime(RUNNING, 0, life)
      survival.addChange(RUNNING, ENDED, life)
    }
    const hazards = survival.hazards(RUNNING, ENDED)
    for (const age of [100, 500, 1000, 2000]) {
      expect(hazards[ageBin(age)]).toBeGreaterThan(0.0006)
      expect(hazards[ageBin(age)]).toBeLessThan(0.0016)
    }
  })

  test('stays finite and positive on strange data', () => {
    const anything = fc.array(fc.tuple(fc.double({ noNaN: true, min: -1e9, max: 1e12 }), fc.boolean()), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(anything, (data) => {
        const survival = createSurvival(null)
        for (const [age, ends] of data) {
          if (ends) survival.addChange(RUNNING, ENDED, age)
          else survival.addTime(RUNNING, age / 2, age)
          survival.addSight(age, ends)
        }
        for (const hazard of survival.hazards(RUNNING, ENDED)) {
          expect(hazard).toBeGreaterThanOrEqual(1e-7)
          expect(hazard).toBeLessThanOrEqual(0.5)
        }
      }),
    )
  })

  test('comes back from JSON as it was', () => {
    const survival = createSurvival(null)
    survival.addTime(RUNNING, 0, 500)
    survival.addChange(RUNNING, ENDED, 500)
    const copy = createSurvival(JSON.parse(JSON.stringify(survival.counts())))
    expect(copy.counts()).toEqual(survival.counts())
  })

  test('does without counts that are damaged', () => {
    const damaged = { seconds: [[Number.NaN, -5]], changes: [] }
    expect(createSurvival(damaged).hazards(RUNNING, ENDED)).toEqual(
      createSurvival(null).hazards(RUNNING, ENDED),
    )
  })
})

describe('urgency', () => {
  const urgency = createUrgency(createSurvival(null))
  urgency.refresh(CLASSES, 600)

  test('a reading is worth more the longer it is put off', () => {
    for (let klass = 0; klass < CLASSES; klass += 1) {
      const row = urgency.worth.subarray(klass * WAIT_POINTS, (klass + 1) * WAIT_POINTS)
      row.forEach((worth, point) => {
        if (point > 0) expect(worth).toBeGreaterThanOrEqual(row[point - 1] ?? 0)
      })
      expect(row.at(-1)).toBeGreaterThan(0)
    }
  })

  test('is near λτ²/2 where little happens', () => {
    const age = ageOf(AGE_BINS - 12)
    const offset = classOf(RUNNING, age) * WAIT_POINTS
    const rate = interpolate(urgency.ended, 60, offset) / 60
    expect(interpolate(urgency.worth, 60, offset)).toBeCloseTo((rate * 60 ** 2) / 2, 1)
  })
})
