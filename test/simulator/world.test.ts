import { describe, expect, test } from 'vitest'
import { historyLives } from '../../src/simulator/lives.ts'
import { DEFAULTS } from '../../src/simulator/options.ts'
import { createSimulator } from '../../src/simulator/server.ts'
import { createWorld, rowOf } from '../../src/simulator/world.ts'
import { idsOf, plainLives, START, startSimulator } from './support.ts'

const ENDS = ['COMPLETE', 'COMPLETED_WITH_FAILURES', 'FAILED', 'LOGIN_ABANDONED']

/** Everything that has happened a long time after the start. */
function endOfWorld(options: Parameters<typeof createSimulator>[0]) {
  let nowMs = START
  const simulator = createSimulator({ now: () => nowMs, history: 0, ...options })
  simulator.epochMs()
  nowMs += 365 * 86_400_000
  return simulator.truth()
}

describe('random lives', () => {
  const options = {
    migrations: 400,
    history: 100,
    backwardsShare: 0.1,
    inventedShare: 0.1,
    deletedShare: 0.1,
  }

  test('one seed makes one world, another seed another', () => {
    expect(endOfWorld({ ...options, seed: 7 })).toEqual(endOfWorld({ ...options, seed: 7 }))
    expect(idsOf(endOfWorld({ ...options, seed: 8 }))).not.toEqual(idsOf(endOfWorld({ ...options, seed: 7 })))
  })

  test('two worlds that start at different times change at the same times after their start', async () => {
    const early = endOfWorld({ ...options, epochMs: START })
    const late = endOfWorld({ ...options, epochMs: START + 5000 })
    const sinceStart = (world: typeof early, epochMs: number) =>
      world.map(({ id, changes }) => [id, changes.map(({ at }) => Date.parse(at) - epochMs)])
    expect(sinceStart(late, START + 5000)).toEqual(sinceStart(early, START))
  })

  test('a life moves through documented statuses and ends in a terminal one', () => {
    const world = endOfWorld({ migrations: 2000 })
    expect(world).toHaveLength(2000)
    const statuses = new Set(world.flatMap(({ changes }) => changes.map(({ status }) => status)))
    expect([...statuses].sort()).toEqual(
      [...ENDS, 'NOT_READY', 'NOT_STARTED', 'PENDING_USER_INPUT', 'WORKING'].sort(),
    )
    for (const { changes, status } of world) {
      expect(ENDS).toContain(status)
      expect(changes.slice(0, -1).filter((change) => ENDS.includes(change.status))).toEqual([])
      expect(changes.map(({ at }) => at)).toEqual(changes.map(({ at }) => at).toSorted())
      expect(changes.every((change, index) => change.status !== changes[index - 1]?.status)).toBe(true)
    }
    const share = (status: string) => world.filter((one) => one.status === status).length / world.length
    expect(share('COMPLETE')).toBeGreaterThan(0.65)
    for (const end of ENDS) expect(share(end)).toBeGreaterThan(0.02)
    const stops = world.map(
      ({ changes }) => changes.filter((one) => one.status === 'PENDING_USER_INPUT').length,
    )
    expect(Math.max(...stops)).toBeGreaterThan(1)
  })

  test('lives go backwards, or through an unheard-of status, only where that is asked for', () => {
    const world = endOfWorld({ migrations: 300, backwardsShare: 1, inventedShare: 1 })
    const seen = new Set(world.flatMap(({ changes }) => changes.map(({ status }) => status)))
    expect(seen).toContain('VALIDATING_RESULTS')
    const reopened = world.filter(({ changes }) =>
      changes.some(({ status }, index) => ENDS.includes(status) && index < changes.length - 1),
    )
    const fallenBack = world.filter(({ changes }) =>
      changes.some(({ status }, index) => index > 1 && status === 'NOT_STARTED'),
    )
    expect(reopened.length).toBeGreaterThan(50)
    expect(fallenBack.length).toBeGreaterThan(50)
  })

  test('some migrations are there at the start, unfinished, and the others come over the arrival time', async () => {
    const { simulator, passSeconds } = await startSimulator({
      migrations: 100,
      aliveShare: 0.3,
      arrivalS: 600,
    })
    const atStart = simulator.truth()
    expect(atStart).toHaveLength(30)
    expect(atStart.filter(({ status }) => ENDS.includes(status))).toEqual([])
    passSeconds(300)
    expect(simulator.truth().length).toBeGreaterThan(45)
    expect(simulator.truth().length).toBeLessThan(85)
    passSeconds(300)
    expect(simulator.truth()).toHaveLength(100)
  })

  test('history has ended at least a week before the start', async () => {
    const { simulator } = await startSimulator({ migrations: 0, history: 200 })
    const history = simulator.truth()
    expect(history).toHaveLength(200)
    for (const { status, changes } of history) {
      expect(ENDS).toContain(status)
      expect(Date.parse(changes.at(-1)?.at ?? '')).toBeLessThan(START - 7 * 86_400_000 + 1)
    }
    expect(simulator.truth({ history: false })).toEqual([])
  })

  test('a share of the migrations is deleted in the course of the run', () => {
    expect(endOfWorld({ migrations: 200, deletedShare: 0.5 }).length).toBeGreaterThan(70)
    expect(endOfWorld({ migrations: 200, deletedShare: 0.5 }).length).toBeLessThan(130)
    expect(endOfWorld({ migrations: 200, deletedShare: 1 })).toEqual([])
  })

  test.each([
    ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/],
    ['hex', /^[0-9a-f]{16}$/],
    ['mig', /^mig_[0-9A-HJKMNP-TV-Z]{26}$/],
  ] as const)('ids in the style %s look like it', (idStyle, pattern) => {
    for (const { id } of endOfWorld({ idStyle, history: 20 })) expect(id).toMatch(pattern)
  })

  test('100,000 old migrations have as many ids', () => {
    const lives = historyLives({ ...DEFAULTS, history: 100_000, idStyle: 'hex' })
    expect(new Set(Array.from(lives, ({ id }) => id)).size).toBe(100_000)
  })
})

describe('scripted lives', () => {
  const life = {
    id: 'a/b',
    companyId: null,
    createdS: -10,
    changes: [
      [-5, 'WORKING'],
      [2, 'PENDING_USER_INPUT'],
      [4.0005, 'COMPLETE'],
    ],
  } as const

  test('get shows each status from its second on', async () => {
    const { get, passSeconds } = await startSimulator({ lives: [life] })
    const status = async () => (await get(encodeURIComponent('a/b'))).status
    expect(await status()).toBe('WORKING')
    passSeconds(1.999)
    expect(await status()).toBe('WORKING')
    passSeconds(0.001)
    expect(await status()).toBe('PENDING_USER_INPUT')
    passSeconds(2)
    expect(await status()).toBe('PENDING_USER_INPUT')
    passSeconds(0.001)
    expect(await status()).toBe('COMPLETE')
  })

  test('the truth tells what has happened so far, with the first millisecond at which each status shows', async () => {
    const { simulator, passSeconds } = await startSimulator({ lives: [life] })
    passSeconds(3)
    const truth = {
      id: 'a/b',
      companyId: null,
      createdAt: '2026-03-04T08:59:50.000000Z',
      status: 'PENDING_USER_INPUT',
      changes: [
        { at: '2026-03-04T08:59:50.000Z', status: 'NOT_STARTED' },
        { at: '2026-03-04T08:59:55.000Z', status: 'WORKING' },
        { at: '2026-03-04T09:00:02.000Z', status: 'PENDING_USER_INPUT' },
      ],
    }
    expect(simulator.truth()).toEqual([truth])
    passSeconds(3)
    expect(simulator.truth()[0]?.changes.at(-1)).toEqual({
      at: '2026-03-04T09:00:04.001Z',
      status: 'COMPLETE',
    })
  })

  test('a change in the moment of creation is the status it is created with', async () => {
    const lives = [{ id: 'x', createdS: 0, changes: [[0, 'NOT_READY']] }] as const
    const { simulator } = await startSimulator({ lives })
    expect(simulator.truth()[0]?.changes).toEqual([{ at: '2026-03-04T09:00:00.000Z', status: 'NOT_READY' }])
  })

  test('speed makes what lies ahead come sooner and leaves the past where it was', async () => {
    const { simulator, passSeconds } = await startSimulator({ lives: [life], speed: 10 })
    passSeconds(0.2)
    expect(simulator.truth()[0]).toMatchObject({
      createdAt: '2026-03-04T08:59:50.000000Z',
      status: 'PENDING_USER_INPUT',
    })
  })

  test('a migration neither listed nor known before it is created', async () => {
    const { list, ask, passSeconds } = await startSimulator({
      lives: [{ id: 'x', createdS: 5, changes: [], deletedS: 8 }],
    })
    expect(await list()).toEqual([])
    expect((await ask('/api/v1/migrations/x')).status).toBe(404)
    passSeconds(5)
    expect(idsOf(await list())).toEqual(['x'])
    passSeconds(3)
    expect(await list()).toEqual([])
  })

  test('two with one id are a mistake of the script', () => {
    expect(() => createSimulator({ lives: [...plainLives(1), ...plainLives(1)] })).toThrow('same id')
  })
})

describe('deletion', () => {
  test('a deleted migration is gone from list, get and truth', async () => {
    const { simulator, list, ask } = await startSimulator({ lives: plainLives(3) })
    expect(idsOf(await list())).toEqual(['m2', 'm1', 'm0'])
    expect(simulator.delete('m1')).toBe(true)
    expect(simulator.delete('m1')).toBe(false)
    expect(idsOf(await list())).toEqual(['m2', 'm0'])
    expect((await ask('/api/v1/migrations/m1')).status).toBe(404)
    expect(idsOf(simulator.truth())).toEqual(['m0', 'm2'])
  })
})

describe('order', () => {
  const lives = plainLives(40, 20)

  test.each([
    ['created_desc', ['m19', 'm18', 'm17']],
    ['created_asc', ['m0', 'm1', 'm2']],
  ] as const)('%s', async (order, first) => {
    const { list } = await startSimulator({ lives, order })
    expect(idsOf(await list('?page_size=3'))).toEqual(first)
  })

  test('the random order is stable, and new migrations land in the middle', async () => {
    const { list, passSeconds } = await startSimulator({ lives, order: 'random' })
    const before = idsOf(await list('?page_size=100'))
    passSeconds(20)
    const after = idsOf(await list('?page_size=100'))
    expect(after).toHaveLength(40)
    expect(after.filter((id) => before.includes(id))).toEqual(before)
    expect(before).not.toEqual(before.toSorted())
    const places = after.flatMap((id, index) => (before.includes(id) ? [] : [index]))
    expect(places.some((place) => place > 5 && place < 35)).toBe(true)
  })

  test('a list is made anew only when a migration appears or goes', () => {
    const rows = lives.map((life) => rowOf({ ...life, companyId: null, userId: 'u' }, 1, false))
    const world = createWorld(rows, 'random')
    expect(world.list(999)).toBe(world.list(0))
    expect(world.list(1000)).toHaveLength(world.list(0).length + 1)
    world.remove('m0', 1000)
    expect(world.list(1000)).toHaveLength(world.list(0).length)
    expect(idsOf(world.list(0))).toContain('m0')
  })
})
