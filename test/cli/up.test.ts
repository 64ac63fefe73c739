import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { createSimulator } from '../../src/simulator/server.ts'
import { API_KEY } from '../support/daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWorkingDir, type RunningCli, runCli, startCli } from './cli.ts'
import { waitForNoProcess } from './processes.ts'

const provider = createSimulator({ apiKey: API_KEY, migrations: 10, history: 10 })
let dir: Awaited<ReturnType<typeof createWorkingDir>>
let env: Record<string, string>

beforeAll(async () => {
  dir = await createWorkingDir()
  const { url } = await provider.start()
  env = { ANON_API_KEY: API_KEY, ANON_BASE_URL: url, LANDFALL_PORT: '0' }
})
beforeEach(() => provider.setFaults({}))
afterEach(() => waitForNoProcess(dir.path))
afterAll(async () => {
  await provider.stop()
  await dir.remove()
})

const up = (more: Record<string, string> = {}) =>
  startCli(['up'], { cwd: dir.path, env: { ...env, ...more } })

async function started(): Promise<RunningCli & { url: string }> {
  const daemon = up()
  const [, url = ''] = await daemon.waitForOutput(/"url":"([^"]+)","msg":"http.listening"/, 60_000)
  return { ...daemon, url }
}

describe('up', () => {
  test('tells its configuration first, works, and stops in order on SIGTERM', async () => {
    const daemon = await started()
    await daemon.waitForOutput(/account.baseline_completed/)
    expect(await runCli(['list', '--live', '--json'], { cwd: dir.path, env })).toMatchObject({ exitCode: 0 })
    daemon.child.kill('SIGTERM')

    const { exitCode, stdout, stderr } = await daemon.exited
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ msg: 'config.loaded', accounts: [{ account: 'anon', apiKey: 'set' }] })
    expect(lines.at(-1)).toMatchObject({ msg: 'daemon.stopped' })
    expect(stdout).not.toContain(API_KEY)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  }, 90_000)

  test('a second Ctrl-C ends it at once, whatever is under way', async () => {
    provider.setFaults({ 'hang.silent': 1 })
    const asked = provider.requests().length
    const daemon = await started()
    await waitFor(() => provider.requests().length > asked, { what: 'a request that hangs' })
    daemon.child.kill('SIGINT')
    await daemon.waitForOutput(/daemon.stopping/)

    // Those that follow at once count as one, as npm passes on what the terminal has sent already.
    await waitFor(() => daemon.hasEnded() || !daemon.child.kill('SIGINT'), {
      what: 'the end',
      timeoutMs: 5_000,
    })
    expect(await daemon.exited).toMatchObject({ exitCode: 130 })
  }, 90_000)

  test('refuses a data folder or a port that another one uses, and leaves that one alone', async () => {
    const daemon = await started()

    expect(await up().exited).toMatchObject({
      exitCode: 69,
      stderr: expect.stringContaining('in use by another Landfall daemon'),
    })
    const port = new URL(daemon.url).port
    const other = up({ LANDFALL_DATA_DIR: 'elsewhere', LANDFALL_PORT: port })
    expect(await other.exited).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`Port ${port} of 127.0.0.1`),
    })

    expect((await fetch(`${daemon.url}/livez`)).status).toBe(200)
    daemon.child.kill('SIGINT')
    expect(await daemon.exited).toMatchObject({ exitCode: 0 })
  }, 90_000)
})

test('simulate prints the variables that lead a daemon to it', async () => {
  const simulator = startCli(['simulate', '--port', '0', '--key', 'k', '--json', '--fault', 'html=0.5'], {
    cwd: dir.path,
  })
  const told = JSON.parse((await simulator.waitForOutput(/^\{.*\}$/m))[0])
  const headers = { authorization: `Bearer ${told.ANON_API_KEY}` }
  const control = await fetch(`${told.url}/_simulator/health`)
  const { status } = await fetch(`${told.ANON_BASE_URL}/api/v1/migrations`, { headers })
  simulator.child.kill('SIGINT')

  expect(await control.json()).toMatchObject({ faults: { html: 0.5 } })
  expect(status).toBe(200)
  expect(await simulator.exited).toMatchObject({ exitCode: 0 })
})
