import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createSimulator } from '../../src/simulator/server.ts'
import { plainLives, START, startSimulator } from './support.ts'

const LIST = '/api/v1/migrations'

describe('under /_simulator/, without a key,', () => {
  const options = { lives: plainLives(2), apiKey: 'anon_secret', faults: { hang: 1 } }

  test('GET truth tells the truth', async () => {
    const { json, simulator } = await startSimulator({ ...options, history: 3 })
    expect(await json('/_simulator/truth')).toEqual(simulator.truth())
    expect(await json('/_simulator/truth?history=0')).toEqual(simulator.truth({ history: false }))
  })

  test('GET requests tells what was asked of the API, and nothing of this', async () => {
    const { json, ask, passSeconds } = await startSimulator(options)
    await ask(LIST)
    passSeconds(1)
    await ask(`${LIST}/m0`)
    const first = { at: START, kind: 'list', statusCode: 401 }
    const second = { at: START + 1000, kind: 'get', id: 'm0', statusCode: 401 }
    const counts = { kinds: { list: 1, get: 1 }, statusCodes: { 401: 2 }, faults: {} }
    expect(await json('/_simulator/requests')).toEqual({ counts, requests: [first, second] })
    expect(await json(`/_simulator/requests?since=${START + 1}`)).toEqual({ counts, requests: [second] })
  })

  test('POST faults replaces the mix, and refuses what is none', async () => {
    const { control, ask } = await startSimulator({ lives: plainLives(1), faults: { '429': 1 } })
    expect((await ask(LIST)).status).toBe(429)
    expect(await (await control('faults', { '401': 1 })).json()).toEqual({ faults: { '401': 1 } })
    expect((await ask(LIST)).status).toBe(401)
    for (const wrong of [{ flood: 1 }, { hang: '1' }, [], null])
      expect((await control('faults', wrong)).status).toBe(400)
    expect((await ask(LIST)).status).toBe(401)
    await control('faults', {})
    expect((await ask(LIST)).status).toBe(200)
  })

  test('POST delete deletes', async () => {
    const { control, list } = await startSimulator({ lives: plainLives(2) })
    expect((await control('delete', { id: 'm0' })).status).toBe(200)
    expect((await control('delete', { id: 'm0' })).status).toBe(404)
    expect((await control('delete', {})).status).toBe(400)
    expect(await list()).toMatchObject([{ id: 'm1' }])
  })

  test('POST freeze stops the world, and GET health says so', async () => {
    const lives = [
      {
        id: 'x',
        createdS: 0,
        changes: [
          [5, 'WORKING'],
          [9, 'COMPLETE'],
        ],
      },
    ] as const
    const { control, get, json, passSeconds, simulator } = await startSimulator({ lives })
    expect(await json('/_simulator/health')).toMatchObject({ status: 'ok', frozen: false })
    passSeconds(6)
    await control('freeze', {})
    passSeconds(60)
    expect((await get('x')).status).toBe('WORKING')
    expect(simulator.truth()[0]?.status).toBe('WORKING')
    expect(await json('/_simulator/health')).toEqual({
      status: 'ok',
      started_at: '2026-03-04T09:00:00.000Z',
      frozen: true,
      faults: {},
    })
  })

  test('anything else is unknown', async () => {
    const { ask } = await startSimulator()
    expect((await ask('/_simulator/party')).status).toBe(404)
    expect((await ask('/_simulator/freeze')).status).toBe(404)
  })
})

describe('start and stop', () => {
  test('stop may come before start and twice, and the world is still there after another start', async () => {
    const { simulator, url, passSeconds, list } = await startSimulator({ lives: plainLives(3) })
    const before = await list()
    await simulator.stop()
    await simulator.stop()
    await expect(fetch(`${url}${LIST}`)).rejects.toThrow()
    passSeconds(1)
    expect(await simulator.start()).toEqual({ url })
    expect(await list()).toEqual(before)
    await createSimulator().stop()
  })

  test('a port that is taken is an error', async () => {
    const { url } = await startSimulator()
    const second = createSimulator({ port: Number(new URL(url).port) })
    await expect(second.start()).rejects.toThrow('EADDRINUSE')
    await second.stop()
  })

  test('a process with hanging requests ends after stop', async () => {
    const server = new URL('../../src/simulator/server.ts', import.meta.url)
    const script = `
      import { createSimulator } from '${server}'
      const simulator = createSimulator({ faults: { 'hang.headers': 1 } })
      const { url } = await simulator.start()
      const response = await fetch(url + '${LIST}')
      const end = response.text().catch(() => console.log('cut off'))
      simulator.setFaults({ slow_body: 1 })
      const slow = await fetch(url + '${LIST}')
      await simulator.stop()
      await Promise.all([end, slow.text().catch(() => console.log('cut off'))])`
    const args = ['--input-type=module', '--eval', script]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 })
    expect(stdout).toBe('cut off\ncut off\n')
  })
})
