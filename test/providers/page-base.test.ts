import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  nextPageBase,
  nextPageRequest,
  type PageBase,
  UNKNOWN_PAGE_BASE,
} from '../../src/domain/page-base.ts'

const HOUR = 3_600_000
const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `m${from + i}`)

interface ListServer {
  base: 0 | 1
  pageSize: number
  /** What numbers beyond the end get. */
  beyond: 'empty' | 'last page'
  all: string[]
}

function pageOf(server: ListServer, number: number | null): string[] {
  const { all, base, pageSize } = server
  const last = Math.max(0, Math.ceil(all.length / pageSize) - 1)
  const wanted = (number ?? base) - base
  const page = server.beyond === 'last page' ? Math.min(wanted, last) : wanted
  return all.slice(page * pageSize, (page + 1) * pageSize)
}

/** A client that remembers what it learned, and the numbers it sent. */
function clientOf(server: ListServer) {
  let known: PageBase = UNKNOWN_PAGE_BASE
  const sent: (number | null)[] = []
  let nowMs = 1_000
  /** A request that has its answer already, which arrives when this is called. */
  const send = (page: number) => {
    const request = nextPageRequest(known, page, nowMs)
    sent.push(request.number)
    const ids = pageOf(server, request.number)
    return () => {
      const learned = nextPageBase(known, request, ids, nowMs)
      known = learned.known
      return { page: learned.page, ids }
    }
  }
  const list = (page: number) => send(page)()
  /** The page that was asked for, and what other pages it took. */
  const listSurely = (page: number) => {
    for (let extra = 0; extra <= 3; extra += 1) {
      const answer = list(page)
      if (answer.page === page) return { ...answer, extra }
      expect(answer.page).toBeLessThan(page)
    }
    throw new Error(`page ${page} never came`)
  }
  const sweep = () => {
    const seen = new Set<string>()
    for (let page = 0; page < 100; page += 1) {
      const before = seen.size
      for (const id of listSurely(page).ids) seen.add(id)
      if (seen.size === before) break
    }
    return [...seen]
  }
  return { send, list, listSurely, sweep, sent, known: () => known, wait: (ms: number) => (nowMs += ms) }
}

const serverOf = (change: Partial<ListServer> = {}): ListServer => ({
  base: 1,
  pageSize: 3,
  beyond: 'empty',
  all: rows(0, 8),
  ...change,
})

describe('with a first page called 1', () => {
  test('two requests repeat the first page, once', () => {
    const client = clientOf(serverOf())
    expect([0, 1, 1].map((page) => client.list(page).page)).toEqual([0, 0, 0])
    expect([1, 2, 3].map((page) => client.list(page))).toEqual([
      { page: 1, ids: rows(3, 6) },
      { page: 2, ids: rows(6, 8) },
      { page: 3, ids: [] },
    ])
    client.sweep()
    expect(client.sent).toEqual([null, 1, null, 2, 3, 4, null, 2, 3, 4])
  })

  test('a list of one page leaves it open, since a clamped page number looks the same', () => {
    const server = serverOf({ base: 0, beyond: 'last page', all: rows(0, 2) })
    const client = clientOf(server)
    expect(client.sweep()).toEqual(server.all)
    expect(client.known().sure).toBe(false)
    server.all = rows(0, 8)
    expect(client.sweep()).toEqual(server.all)
    expect(client.known()).toMatchObject({ base: 0, sure: true })
  })
})

describe('with a first page called 0', () => {
  test('no request is lost', () => {
    const client = clientOf(serverOf({ base: 0 }))
    expect([0, 1, 2, 3].map((page) => client.list(page).page)).toEqual([0, 1, 2, 3])
    expect(client.sent).toEqual([null, 1, 2, 3])
  })

  test('an empty page 1 behind a first page with rows shows it', () => {
    const client = clientOf(serverOf({ base: 0, all: rows(0, 2) }))
    client.list(0)
    expect(client.list(1)).toEqual({ page: 1, ids: [] })
    expect(client.known()).toMatchObject({ base: 0, sure: true })
  })

  test('a last page that holds only what was just pushed off the first is not the first', () => {
    const server = serverOf({ base: 0, all: rows(0, 3) })
    const client = clientOf(server)
    client.list(0)
    server.all = ['new', ...server.all]
    expect(client.list(1)).toEqual({ page: 1, ids: ['m2'] })
  })
})

test.each([0, 1] as const)('base %i is found when a walk begins in the middle', (base) => {
  const client = clientOf(serverOf({ base }))
  expect(client.listSurely(2)).toEqual({ page: 2, ids: rows(6, 8), extra: base === 1 ? 3 : 2 })
  expect(client.listSurely(1)).toEqual({ page: 1, ids: rows(3, 6), extra: 0 })
})

test.each([0, 1] as const)('base %i is found though fewer than half of the rows shift meanwhile', (base) => {
  const server = serverOf({ base, pageSize: 10, all: rows(0, 40) })
  const client = clientOf(server)
  client.list(0)
  server.all = ['n1', 'n2', 'n3', 'n4', ...server.all]
  client.listSurely(1)
  expect(client.known().base).toBe(base)
})

test('a second page that holds what was just pushed off the first is not the first', () => {
  const server = serverOf({ base: 0, pageSize: 10, all: rows(0, 40) })
  const client = clientOf(server)
  client.list(0)
  server.all = [...rows(100, 107), ...server.all]
  client.listSurely(1)
  expect(client.known()).toMatchObject({ base: 0, sure: true })
})

test('new rows at the head of a list never make its second page pass for its first', () => {
  const pageSize = 4
  const step = fc.record({
    arrivals: fc.integer({ min: 0, max: 3 * pageSize }),
    page: fc.integer({ min: 0, max: 3 }),
    /** How many later requests are sent before this one's answer arrives. */
    overtaken: fc.integer({ min: 0, max: 2 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const server = serverOf({ base: 0, pageSize, all: rows(0, 60) })
      const client = clientOf(server)
      const underWay: { left: number; arrive: () => unknown }[] = []
      let born = 1000
      for (const { arrivals, page, overtaken } of steps) {
        server.all = [...rows(born, born + arrivals).reverse(), ...server.all]
        born += arrivals
        underWay.push({ left: overtaken, arrive: client.send(page) })
        for (const one of underWay.splice(0)) {
          if (one.left === 0) one.arrive()
          else underWay.push({ ...one, left: one.left - 1 })
        }
        expect(client.known().base).not.toBe(1)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('an answer that arrives when all is learned changes nothing', () => {
  const client = clientOf(serverOf())
  client.list(0)
  const late = client.send(1)
  client.sweep()
  const known = client.known()
  expect(known).toMatchObject({ base: 1, sure: true })
  expect(late().page).toBe(0)
  expect(client.known()).toEqual(known)
})

test('an empty list teaches nothing, and no page of a list that then fills is skipped', () => {
  for (const base of [0, 1] as const) {
    const server = serverOf({ base, all: [] })
    const client = clientOf(server)
    expect(client.listSurely(1)).toMatchObject({ page: 1, ids: [] })
    expect(client.known().base).toBeNull()
    server.all = rows(0, 8)
    expect(client.listSurely(1).ids).toEqual(pageOf(server, 1))
    expect(client.sweep()).toEqual(server.all)
  }
})

test('a first page of long ago is not compared with', () => {
  const client = clientOf(serverOf())
  client.list(0)
  client.wait(HOUR)
  client.list(1)
  expect(client.sent).toEqual([null, null])
})

test('what was learned is learned anew every hour, so that no mistake lasts', () => {
  const server = serverOf()
  const client = clientOf(server)
  client.sweep()
  server.base = 0
  client.wait(HOUR)
  expect(client.sweep()).toEqual(server.all)
  expect(client.known().base).toBe(0)
})

test('no sweep misses a row, whatever the base, the end and the growth between sweeps', () => {
  const server = fc.record({
    base: fc.constantFrom(0 as const, 1 as const),
    pageSize: fc.integer({ min: 1, max: 5 }),
    beyond: fc.constantFrom('empty' as const, 'last page' as const),
  })
  const sizes = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(server, sizes, (kind, growth) => {
      const list: ListServer = { ...kind, all: [] }
      const client = clientOf(list)
      for (const size of growth) {
        list.all = rows(0, size)
        expect(client.sweep()).toEqual(list.all)
        client.wait(600_000)
      }
    }),
    { numRuns: 500 },
  )
})
