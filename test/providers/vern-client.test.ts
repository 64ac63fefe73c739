import { buffer } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'

import { createVernProvider } from '../../src/providers/vern/client.ts'
import type { VernOptions } from '../../src/simulator/vern/options.ts'
import { createVernSimulator } from '../../src/simulator/vern/server.ts'
import { always, json, KEY, serve, type TestServer } from './server.ts'

const never = new AbortController().signal

function open(baseUrl: string, keyHeader?: string) {
  const provider = createVernProvider({ apiKey: KEY, baseUrl, keyHeader })
  onTestFinished(() => provider.close())
  return provider
}

const run = (change: object) => ({ run_id: 'r1', created_at: '2026-07-01T10:00:00.000Z', ...change })

async function readingOf(body: object) {
  const server = await serve((_req, res) => json(res, body))
  const answer = await open(server.origin).get('m1', never, 'r1')
  return answer.kind === 'ok' ? answer.value : answer
}

/** A simulator whose time only the test moves. */
async function startVern(options: VernOptions = {}) {
  const clock = { ms: Date.parse('2026-07-01T10:00:00Z') }
  const simulator = createVernSimulator({
    now: () => clock.ms,
    apiKey: KEY,
    ...{ questionShare: 0, failedShare: 0, flaggedShare: 0, sources: ['HubSpot', 'Twin', 'Twin'] },
    ...options,
  })
  onTestFinished(() => simulator.stop())
  const { url } = await simulator.start()
  const provider = open(`${url}/api/v1`)
  const passHours = (hours: number) => {
    clock.ms += hours * 3_600_000
  }
  return { simulator, provider, actions: provider.actions, passHours }
}

type Vern = Awaited<ReturnType<typeof startVern>>

function doneIn<T>(outcome: { kind: string; value?: T }): T {
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.value as T
}

async function createWithFile({ actions, passHours }: Vern): Promise<string> {
  const { reading } = doneIn(await actions.create({ name: 'Pine' }, 'pine-1', never))
  const [file] = doneIn(await actions.signFiles(reading.migrationId, ['a.csv'], never))
  passHours(1)
  expect((await fetch(file?.url ?? '', { method: 'PUT', body: 'a' })).status).toBe(200)
  return reading.migrationId
}

describe('a run shows its migration', () => {
  test.each([
    [{ status: 'queued', message: null }, 'queued', 'pending'],
    [{ status: 'running', message: 'Reading' }, 'running', 'running'],
    [{ status: 'awaiting_approval' }, 'awaiting_approval', 'needs_input'],
    [{ status: 'failed', error: 'Import timed out' }, 'failed', 'failed'],
    [{ status: 'canceled' }, 'canceled', 'abandoned'],
    [{ status: 'paused' }, 'paused', 'unknown'],
    [{ status: 'completed', report: { inserted: 320, invalidCellCount: 0 } }, 'completed', 'succeeded'],
    [{ status: 'completed', report: { inserted: 320, invalidCellCount: 4 } }, 'completed', 'partial'],
    [{ status: 'completed', report: {} }, 'completed', 'succeeded'],
  ])('%j', async (body, status, phase) => {
    expect(await readingOf(run(body))).toMatchObject({ migrationId: 'm1', status, phase })
  })

  test('completed without a report has imported nothing: the preview waits on', async () => {
    const reading = await readingOf(run({ status: 'completed' }))
    expect(reading).toMatchObject({ status: 'awaiting_approval', needs: { reason: 'approval' } })
  })

  test('counts of the report are kept', async () => {
    const report = {
      inserted: 320,
      perSheet: [{ templateName: 'Contacts', rowCount: 320 }],
      invalidCellCount: 4,
    }
    expect(await readingOf(run({ status: 'completed', report }))).toMatchObject({
      attributes: { run_id: 'r1', rows_inserted: 320, rows_flagged: 4, sheets: report.perSheet },
    })
  })

  const questions = [{ id: 'q7', question: 'Which is right?', options: [], allowCustom: true }]
  const credential_request = { connection_id: 'c', source_key: 'hubspot' }
  test.each([
    [
      { blocked_reason: 'question', questions },
      { reason: 'question', questions },
    ],
    [{ questions }, { reason: 'question', questions }],
    [
      { blocked_reason: 'credentials', credential_request },
      { reason: 'credentials', credential_request },
    ],
    [{ blocked_reason: 'weather' }, { reason: 'weather' }],
    [{}, { reason: 'unknown' }],
  ])('what a block asks for is told: %j', async (body, needs) => {
    const reading = await readingOf(run({ status: 'blocked', ...body }))
    expect(reading).toMatchObject({ status: 'blocked', phase: 'needs_input' })
    expect('needs' in reading && reading.needs).toEqual(needs)
  })

  test.each([[{}], [{ run_id: 'r2', status: 'running' }], [{ run_id: 'r1', status: 7 }], [[]]])(
    '%j is no reading',
    async (body) => {
      expect(await readingOf(body)).toMatchObject({ kind: 'unusable' })
    },
  )
})

describe('without a run', () => {
  test('the session log says how the migration itself stands', async () => {
    const vern = await startVern()
    const { reading } = doneIn(await vern.actions.create({ name: 'Pine' }, 'pine-1', never))
    const get = () => vern.provider.get(reading.migrationId, never)
    expect(await get()).toMatchObject({ value: { status: 'awaiting_files', phase: 'pending' } })
  })

  test('flagged rows make a finished import partial there too', async () => {
    const vern = await startVern({ flaggedShare: 1 })
    const id = await createWithFile(vern)
    doneIn(await vern.actions.startRun(id, { kind: 'generate' }, never))
    vern.passHours(1)
    expect(await vern.provider.get(id, never)).toMatchObject({
      value: { status: 'awaiting_approval', needs: { reason: 'approval' } },
    })
    doneIn(await vern.actions.startRun(id, { kind: 'execute' }, never))
    vern.passHours(1)
    expect(await vern.provider.get(id, never)).toMatchObject({
      value: { status: 'completed', phase: 'partial' },
    })
  })

  test('where there is no log the files are asked, and whether there is one is asked once', async () => {
    const vern = await startVern({ hasLog: false })
    const { reading } = doneIn(await vern.actions.create({ name: 'Pine' }, 'pine-1', never))
    const get = () => vern.provider.get(reading.migrationId, never)
    expect(await get()).toMatchObject({ kind: 'unusable', passing: true })
    expect(await get()).toMatchObject({ value: { status: 'awaiting_files' } })
    expect(await get()).toMatchObject({ value: { status: 'awaiting_files' } })
    vern.simulator.delete(reading.migrationId)
    expect(await get()).toMatchObject({ kind: 'missing' })
  })
})

describe('creating', () => {
  test.each([
    [{}, 'p', 400, 'invalid', 'name is required'],
    [
      { name: 'Pine', templates: ['boats', 'deals', 'oars'] },
      'p',
      400,
      'invalid',
      'Unknown template slug(s): boats, oars',
    ],
    [{ name: 'Pine' }, 'a b', 400, 'invalid', /^external_id must be/],
    [{ name: 'Pine', source: 'Nowhere' }, 'p', 404, 'missing', 'Source not found: Nowhere'],
    [{ name: 'Pine', source: 'Twin' }, 'p', 409, 'conflict', /ambiguous/],
    [{ name: 'Pine', source: 'HubSpot' }, 'taken', 409, 'conflict', /already used/],
  ] as const)(
    '%j as %s is refused in the words of the provider',
    async (request, externalId, statusCode, why, message) => {
      const vern = await startVern()
      doneIn(await vern.actions.create({ name: 'Oak' }, 'taken', never))
      const said = typeof message === 'string' ? message : expect.stringMatching(message)
      expect(await vern.actions.create(request, externalId, never)).toMatchObject({
        kind: 'refused',
        ...{ why, statusCode, message: said },
      })
    },
  )

  test('a wrong key, no plan, too many requests and a broken server are told apart', async () => {
    const create = async (options: VernOptions) => {
      const { actions } = await startVern(options)
      await actions.create({ name: 'Pine' }, 'p', never)
      return actions.create({ name: 'Pine' }, 'p', never)
    }
    expect(await create({ apiKey: 'other' })).toMatchObject({ why: 'unauthorized', statusCode: 401 })
    expect(await create({ hasPlan: false })).toMatchObject({ why: 'forbidden', statusCode: 403 })
    const limited = await create({ regime: 'per_class' })
    expect(limited).toMatchObject({ why: 'throttled', statusCode: 429, message: 'Too many requests' })
    expect(limited.kind === 'refused' && (limited.retryAfterMs ?? 0) > 60_000).toBe(true)
    const server = await serve(always(500, '{"error":"oops"}'))
    expect(await open(server.origin).actions.create({}, 'p', never)).toEqual({
      kind: 'lost',
      reason: 'answered 500',
    })
  })

  test('words of a provider are one short line, whatever they hold', async () => {
    const server = await serve(always(400, JSON.stringify({ error: `a\u001b[31m\nb${'c'.repeat(500)}` })))
    const refused = await open(server.origin).actions.create({}, 'p', never)
    if (refused.kind !== 'refused') throw new Error(refused.kind)
    expect(refused.message).toMatch(/^a \[31m bc{200,}$/)
    expect(refused.message.length).toBeLessThanOrEqual(300)
  })
})

describe('runs', () => {
  test('a run whose answer was lost is found by starting it again', async () => {
    const vern = await startVern()
    const id = await createWithFile(vern)
    vern.simulator.setFaults({ 'reset.silent': 1 })
    expect(await vern.actions.startRun(id, { kind: 'generate' }, never)).toMatchObject({ kind: 'lost' })
    vern.simulator.setFaults({})
    const { runId, isNew } = doneIn(await vern.actions.startRun(id, { kind: 'generate' }, never))
    expect([runId, isNew]).toEqual([vern.simulator.runs().get(id), false])
  })

  test('a conflict without a run is told, and so are the runs of a full house', async () => {
    const vern = await startVern({ runsAtOnce: 1 })
    const id = await createWithFile(vern)
    expect(await vern.actions.startRun(id, { kind: 'execute' }, never)).toMatchObject({
      ...{ why: 'conflict', message: 'There is no preview to go on from', runIds: [] },
    })
    doneIn(await vern.actions.startRun(id, { kind: 'generate' }, never))
    const { reading } = doneIn(await vern.actions.create({ name: 'Oak' }, 'oak', never))
    const [file] = doneIn(await vern.actions.signFiles(reading.migrationId, ['a.csv'], never))
    await fetch(file?.url ?? '', { method: 'PUT', body: 'a' })
    expect(await vern.actions.startRun(reading.migrationId, { kind: 'generate' }, never)).toMatchObject({
      ...{ why: 'busy', statusCode: 429, runIds: [expect.stringMatching(/^run_/)] },
    })
  })

  test('answers, credentials and cancels reach the run', async () => {
    for (const [share, give] of [
      ['questionShare', (vern: Vern, run: RunAt) => vern.actions.answer(run, 'Day first', never)],
      [
        'credentialsShare',
        (vern: Vern, run: RunAt) => vern.actions.giveCredentials(run, { key: 'x' }, never),
      ],
    ] as const) {
      const vern = await startVern({ [share]: 1 })
      const migrationId = await createWithFile(vern)
      const { runId } = doneIn(await vern.actions.startRun(migrationId, { kind: 'generate' }, never))
      expect(await give(vern, { migrationId, runId })).toMatchObject({ why: 'conflict' })
      vern.passHours(1)
      doneIn(await give(vern, { migrationId, runId }))
      expect(await vern.provider.get(migrationId, never, runId)).toMatchObject({
        value: { status: 'running' },
      })
      doneIn(await vern.actions.cancel({ migrationId, runId }, never))
      expect(await vern.provider.get(migrationId, never, runId)).toMatchObject({
        value: { status: 'canceled' },
      })
    }
  })

  test('a sheet is exported as it is, and an unknown one is refused', async () => {
    const vern = await startVern()
    const id = await createWithFile(vern)
    const { body, records } = doneIn(await vern.actions.exportCsv(id, 'contacts', never))
    expect([String(await buffer(body as never)), records]).toEqual([
      'Name,Amount\r\nBoat,12\r\n"Coat, red",7\r\n',
      2,
    ])
    expect(await vern.actions.exportCsv(id, 'boats', never)).toMatchObject({ why: 'missing' })
  })
})

interface RunAt {
  readonly migrationId: string
  readonly runId: string
}

const keysSeen = (server: TestServer) => server.asked.map(({ headers }) => headers['x-other-key'])

test('the key travels in the header that was named', async () => {
  const server = await serve((_req, res) => json(res, { sources: [] }))
  await open(server.origin, 'x-other-key').actions.sources(never)
  expect(keysSeen(server)).toEqual([KEY])
})
