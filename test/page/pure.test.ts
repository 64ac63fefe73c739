import fc from 'fast-check'
import { expect, test } from 'vitest'

import { formatDuration as formatAtCommandLine } from '../../src/domain/duration.ts'
import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { PHASES } from '../../src/domain/phase.ts'
import { createStreamReader } from '../../src/page/event-stream.js'
import { hrefTo, parseRoute } from '../../src/page/route.js'
import { stretchesOf } from '../../src/page/timeline.js'
import { formatDuration } from '../../src/page/times.js'
import { PHASES as NAMED_PHASES, EVENT_TYPES as NAMED_TYPES } from '../../src/page/words.js'

test('durations read as at the command line', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e11 }), (ms) => {
      expect(formatDuration(ms)).toBe(formatAtCommandLine(ms))
    }),
  )
})

test('every phase and every type of event has its words', () => {
  expect([...NAMED_PHASES].sort()).toEqual([...PHASES].sort())
  expect([...NAMED_TYPES].sort()).toEqual([...EVENT_TYPES].sort())
})

test('an address leads to what it was made for, whatever the ids and filters are', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(fc.array(text), fc.dictionary(text, text), (path, filters) => {
      const route = parseRoute(hrefTo(path, filters))
      expect(route?.path).toEqual(path)
      expect(Object.fromEntries(route?.query ?? [])).toEqual({ ...filters })
    }),
  )
})

test('an address that is none harms nobody', () => {
  expect(parseRoute('#main')).toBeNull()
  expect(parseRoute('')?.path).toEqual([])
  expect(parseRoute('#/migrations/%E0%A4%A')?.path).toEqual(['%'])
})

test('events are read from a stream however it is cut', () => {
  const ids = ['evt_1', 'evt_2', 'evt_3']
  const text = `: landfall\n\n${ids.map((id) => `id: ${id}\nevent: migration.failed\ndata: {"a":"id: no"}\n\n: alive\n\n`).join('')}`
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const read: string[] = []
      const take = createStreamReader((id: string) => read.push(id))
      const ends = [...cuts.sort((a, b) => a - b), text.length]
      ends.reduce((from, to) => {
        take(text.slice(from, to))
        return to
      }, 0)
      expect(read).toEqual(ids)
    }),
  )
})

test('a timeline has no gaps and runs one way, and what lies between readings is in doubt', () => {
  const gaps = fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e5)), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(gaps, fc.nat(1e6), (steps, after) => {
      let atMs = Date.UTC(2026, 2, 4)
      const transitions = steps.map(([stay, doubt], index) => {
        const [from, to] = [atMs + stay, atMs + stay + doubt]
        atMs = to
        const not_before = index === 0 ? null : new Date(from).toISOString()
        return {
          ...{
            seq: index + 1,
            from_status: null,
            to_status: `S${index}`,
            from_phase: null,
            to_phase: 'running' as const,
          },
          ...{ not_before, not_after: new Date(to).toISOString(), observed_via: 'get' as const },
        }
      })
      const stretches = stretchesOf(transitions, atMs + after)

      for (const [index, { fromMs, toMs }] of stretches.entries()) {
        expect(toMs).toBeGreaterThanOrEqual(fromMs)
        expect(stretches[index + 1]?.fromMs ?? toMs).toBe(toMs)
      }
      expect(stretches.at(-1)?.toMs).toBe(atMs + after)
      const doubtMs = stretches
        .filter(({ kind }) => kind === 'between')
        .map(({ fromMs, toMs }) => toMs - fromMs)
      expect(doubtMs).toEqual(
        steps
          .slice(1)
          .map(([, doubt]) => doubt)
          .filter((doubt) => doubt > 0),
      )
    }),
  )
})
