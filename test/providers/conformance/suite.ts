import { describe, expect, onTestFinished, test } from 'vitest'
import { phaseOf } from '../../../src/domain/phase.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import type { FaultMix } from '../../../src/simulator/faults.ts'
import { always, serve } from '../server.ts'
import { KEY, type ProviderWorld } from './world.ts'

const never = new AbortController().signal

type CreateWorld = () => Promise<ProviderWorld>

/** What Landfall relies on, whoever the provider is: of what reads it, of what makes migrations there, and of its simulator. */
export function conforms(kind: string, createWorld: CreateWorld): void {
  describe(`provider ${kind}`, () => {
    readsWell(kind, createWorld)
    createsWell(kind, createWorld)
  })
  describe(`simulator of ${kind}`, () => isSteered(createWorld))
}

const FAULTS: [keyof FaultMix, object][] = [
  ['401', { kind: 'refused', statusCode: 401 }],
  ['403', { kind: 'refused', statusCode: 403 }],
  ['404', { kind: 'missing' }],
  ['429', { kind: 'throttled', statusCode: 429, retryAfterMs: null }],
  ['429_retry_after.seconds', { kind: 'throttled', statusCode: 429, retryAfterMs: 1000 }],
  ['5xx.500', { kind: 'unusable', passing: true }],
  ['5xx.503_retry_after', { kind: 'throttled', statusCode: 503, retryAfterMs: 1000 }],
  ['reset.silent', { kind: 'unusable', passing: true }],
  ['reset.body', { kind: 'unusable' }],
  ['html', { kind: 'unusable' }],
  ['truncated', { kind: 'unusable' }],
  ['wrong_types.status_number', { kind: 'unusable' }],
  ['wrong_types.other_shape', { kind: 'unusable' }],
  ['redirect', { kind: 'unusable' }],
  ['gzip_garbage', { kind: 'unusable' }],
]

function openFor(world: ProviderWorld, options?: Parameters<ProviderWorld['open']>[0]): Provider {
  const provider = world.open(options)
  onTestFinished(() => provider.close())
  return provider
}

/** `harmless` are faults that are none to this provider. */
export function readsWell(
  kind: string,
  createWorld: CreateWorld,
  harmless: readonly (keyof FaultMix)[] = [],
): void {
  test('a migration is read as it is, with the phase that its status stands for', async () => {
    const world = await createWorld()
    const provider = openFor(world)
    const answer = await provider.get(world.migrationId, never, world.runId)
    const truth = world.simulator.truth().find(({ id }) => id === world.migrationId)
    expect(provider.kind).toBe(kind)
    expect(answer).toMatchObject({
      kind: 'ok',
      value: { migrationId: world.migrationId, status: truth?.status },
    })
    if (answer.kind !== 'ok') return
    expect(answer.value.phase).toBe(phaseOf(provider.statusMap, answer.value.status))
    expect(answer.value.phase).not.toBe('unknown')
    expect(JSON.parse(JSON.stringify(answer.value.attributes))).toEqual(answer.value.attributes)
  })

  test('a migration that is not there is missing', async () => {
    const world = await createWorld()
    world.simulator.delete(world.migrationId)
    expect(await openFor(world).get(world.migrationId, never, world.runId)).toMatchObject({ kind: 'missing' })
  })

  const faults = FAULTS.filter(([fault]) => !harmless.includes(fault))
  test.each(faults)('%s is told apart, and never a status', async (fault, answer) => {
    const world = await createWorld()
    const provider = openFor(world)
    world.simulator.setFaults({ [fault]: 1 })
    expect(await provider.get(world.migrationId, never, world.runId)).toMatchObject(answer)
    world.simulator.setFaults({})
    expect(await provider.get(world.migrationId, never, world.runId)).toMatchObject({ kind: 'ok' })
  })

  test('a key that is not accepted is refused, and is in no answer', async () => {
    const world = await createWorld()
    const answer = await openFor(world, { key: 'another-key' }).get(world.migrationId, never, world.runId)
    expect(answer).toMatchObject({ kind: 'refused', statusCode: 401 })
    expect(JSON.stringify(answer)).not.toContain('another-key')
  })

  test('an id that no address can carry is asked of nobody', async () => {
    const world = await createWorld()
    const before = world.simulator.requests().length
    for (const id of ['', '.', '..', '\ud800']) {
      expect(await openFor(world).get(id, never, world.runId)).toMatchObject({ kind: 'unusable' })
    }
    expect(world.simulator.requests()).toHaveLength(before)
  })

  test('the key goes to the configured origin alone', async () => {
    const elsewhere = await serve(always(200, '{}'))
    const server = await serve(always(302, '', { location: `${elsewhere.origin}/x` }))
    const world = await createWorld()
    const provider = openFor(world, { baseUrl: server.origin })
    expect(await provider.get(world.migrationId, never, world.runId)).toMatchObject({ kind: 'unusable' })
    expect(JSON.stringify(server.asked.map(({ headers }) => headers))).toContain(KEY)
    expect(elsewhere.asked).toEqual([])
  })

  test('whoever stops waits no longer', async () => {
    const world = await createWorld()
    world.simulator.setFaults({ 'hang.silent': 1 })
    const stop = new AbortController()
    const asked = openFor(world).get(world.migrationId, stop.signal, world.runId)
    setImmediate(() => stop.abort())
    expect(await asked).toMatchObject({ kind: 'unusable', reason: 'stopped', passing: false })
  })

  test('it has a list that shows the migration, or else something to check the key with', async () => {
    const world = await createWorld()
    const provider = openFor(world)
    if (provider.list === undefined) {
      expect(await provider.check?.(never)).toMatchObject({ kind: 'ok' })
      expect(await openFor(world, { key: 'x' }).check?.(never)).toMatchObject({ kind: 'refused' })
      return
    }
    const answer = await provider.list(0, 100, never)
    const ids = answer.kind === 'ok' ? answer.value.readings.map((reading) => reading.migrationId) : []
    expect(ids).toContain(world.migrationId)
  })
}

function createsWell(kind: string, createWorld: CreateWorld): void {
  test('a creation that is repeatable gives the same migration; every other is known to be not', async () => {
    const world = await createWorld()
    const { create } = openFor(world)
    const request = kind === 'anon' ? { service_account_id: 's', tasks_to_include: [] } : { name: 'Pine' }
    const first = await create?.send(request, 'ext-1', never)
    const second = await create?.send(request, 'ext-1', never)
    if (first?.kind !== 'done' || second?.kind !== 'done') throw new Error(JSON.stringify([first, second]))
    const ids = new Set([first, second].map(({ value }) => value.reading.migrationId))
    expect(ids.size).toBe(create?.isRepeatable ? 1 : 2)
    expect([first.value.isNew, second.value.isNew]).toEqual([true, !create?.isRepeatable])
  })

  test.each([
    ['reset.silent', { kind: 'lost' }],
    ['5xx.500', { kind: 'lost' }],
    ['html', { kind: 'lost' }],
    ['401', { kind: 'refused', why: 'unauthorized' }],
    ['429_retry_after.seconds', { kind: 'refused', why: 'throttled', retryAfterMs: 1000 }],
  ] as const)('a creation that meets %s says whether it may have happened', async (fault, outcome) => {
    const world = await createWorld()
    const { create } = openFor(world)
    world.simulator.setFaults({ [fault]: 1 })
    const request = kind === 'anon' ? { service_account_id: 's', tasks_to_include: [] } : { name: 'Pine' }
    expect(await create?.send(request, 'ext-1', never)).toMatchObject(outcome)
  })

  test('a creation that nobody took is known not to have been sent', async () => {
    const world = await createWorld()
    await world.simulator.stop()
    const { create } = openFor(world)
    expect(await create?.send({ name: 'Pine' }, 'ext-1', never)).toMatchObject({ kind: 'not_sent' })
  })
}

function isSteered(createWorld: CreateWorld): void {
  const control = (world: ProviderWorld, path: string, body?: object) =>
    fetch(`${world.url}/_simulator/${path}`, body && { method: 'POST', body: JSON.stringify(body) })

  test('it tells what is true, what was asked, and how it is', async () => {
    const world = await createWorld()
    const truth = (await (await control(world, 'truth')).json()) as {
      id: string
      changes: { at: string }[]
    }[]
    const one = truth.find(({ id }) => id === world.migrationId)
    expect(one).toMatchObject({ status: expect.any(String), changes: expect.any(Array) })
    const times = one?.changes.map(({ at }) => Date.parse(at)) ?? []
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(await (await control(world, 'health')).json()).toMatchObject({ status: 'ok', frozen: false })
    const provider = world.open()
    onTestFinished(() => provider.close())
    await provider.get(world.migrationId, never, world.runId)
    const { requests } = (await (await control(world, 'requests')).json()) as { requests: object[] }
    expect(requests.at(-1)).toMatchObject({ kind: 'get', id: world.migrationId, statusCode: 200 })
  })

  test('it takes faults it knows, and freezes, and forgets what is deleted', async () => {
    const world = await createWorld()
    expect((await control(world, 'faults', { html: 1 })).status).toBe(200)
    expect(world.simulator.faults()).toEqual({ html: 1 })
    expect((await control(world, 'faults', { fire: 1 })).status).toBe(400)
    expect((await control(world, 'freeze', {})).status).toBe(200)
    expect(world.simulator.isFrozen()).toBe(true)
    expect((await control(world, 'delete', { id: world.migrationId })).status).toBe(200)
    expect((await control(world, 'delete', { id: world.migrationId })).status).toBe(404)
  })
}
