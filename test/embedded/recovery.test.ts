import { spawn } from 'node:child_process'
import { chown, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import {
  createPostgres,
  createTempDir,
  end,
  isRoot,
  listProcesses,
  query,
  readServerPid,
  startDaemonProcess,
  startPostgres,
  waitUntilNothingRuns,
} from './harness.ts'

test('kill -9 of the daemon leaves no server behind, and the next start finds the data', async () => {
  const dir = await createTempDir()
  const daemon = await startDaemonProcess(dir)
  await query(daemon.url, 'create table kept as select 42 as n')

  await end(daemon.child, 'SIGKILL')

  await waitUntilNothingRuns(dir)
  const next = await startPostgres(dir)
  expect(await query(next.url(), 'select n from kept')).toEqual([{ n: 42 }])
})

test('a start right after kill -9 of the daemon waits for the old server to end', async () => {
  const dir = await createTempDir()
  const daemon = await startDaemonProcess(dir)
  const oldPid = await readServerPid(dir)
  await end(daemon.child, 'SIGKILL')

  const next = await startPostgres(dir)

  expect(await query(next.url(), 'select 1 as one')).toEqual([{ one: 1 }])
  expect(await readServerPid(dir)).not.toBe(oldPid)
})

test('kill -9 of daemon and keeper leaves a server that the next start stops', async () => {
  const dir = await createTempDir()
  const daemon = await startDaemonProcess(dir)
  const oldPid = await readServerPid(dir)
  for (const { pid } of await listProcesses(dir)) if (pid !== oldPid && pid !== daemon.child.pid) kill(pid)
  await end(daemon.child, 'SIGKILL')

  const next = await startPostgres(dir)

  expect(await query(next.url(), 'select 1 as one')).toEqual([{ one: 1 }])
  expect((await listProcesses(dir)).map(({ pid }) => pid)).not.toContain(oldPid)
})

test('kill -9 of the server is healed: a pool answers again by itself', async () => {
  const dir = await createTempDir()
  const postgres = await startPostgres(dir)
  const pool = new pg.Pool({ connectionString: postgres.url(), connectionTimeoutMillis: 2_000 })
  pool.on('error', () => {})
  onTestFinished(() => pool.end())
  await pool.query('create table kept as select 42 as n')
  const oldPid = await readServerPid(dir)

  kill(oldPid)

  await waitFor(async () => (await readServerPid(dir)) !== oldPid, { what: 'a new server' })
  const { rows } = await waitFor(() => pool.query('select n from kept'), { what: 'the pool to answer' })
  expect(rows).toEqual([{ n: 42 }])
})

test('kill -9 of the keeper is healed as well', async () => {
  const dir = await createTempDir()
  const postgres = await startPostgres(dir)
  const oldPid = await readServerPid(dir)

  for (const { pid } of await listProcesses(dir)) if (pid !== oldPid) kill(pid)

  await waitFor(async () => (await readServerPid(dir)) !== oldPid, { what: 'a new server' })
  await waitFor(() => query(postgres.url(), 'select 1'), { what: 'the new server to answer' })
})

test('a cut lock session is taken up again without touching the server', async () => {
  const dir = await createTempDir()
  const postgres = await startPostgres(dir)
  const serverPid = await readServerPid(dir)
  const holder = `select pid from pg_locks where locktype = 'advisory' and granted`
  const [before] = await query<{ pid: number }>(postgres.url(), holder)

  await query(postgres.url(), `select pg_terminate_backend(${before?.pid})`)

  await waitFor(async () => (await query<{ pid: number }>(postgres.url(), holder))[0]?.pid !== before?.pid, {
    what: 'the lock to be held by a new session',
  })
  expect(await readServerPid(dir)).toBe(serverPid)
  await expect(startDaemonProcess(dir)).rejects.toThrow(/in use/)
})

test('a second daemon is refused, by name of folder and pid, and disturbs nothing', async () => {
  const dir = await createTempDir()
  const daemon = await startDaemonProcess(dir)
  const files = await Promise.all(
    ['connection.json', 'postgres/postmaster.pid'].map((name) => read(dir, name)),
  )

  await expect(createPostgres(dir).start()).rejects.toThrow(
    `The data folder ${dir} is in use by another Landfall daemon (pid ${daemon.child.pid})`,
  )

  expect(await query(daemon.url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(
    await Promise.all(['connection.json', 'postgres/postmaster.pid'].map((name) => read(dir, name))),
  ).toEqual(files)
})

test('of two daemons that start together on a new folder exactly one runs', async () => {
  const dir = await createTempDir()
  const outcomes = await Promise.allSettled([startDaemonProcess(dir), startDaemonProcess(dir)])

  const [winner] = outcomes.filter((each) => each.status === 'fulfilled')
  const [loser] = outcomes.filter((each) => each.status === 'rejected')
  expect(String(loser?.reason)).toMatch(`pid ${winner?.value.child.pid}`)
  expect(await query(winner?.value.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a postmaster.pid with the pid of somebody else confuses nobody', async () => {
  const dir = await createTempDir()
  const first = await startPostgres(dir)
  const { uid, gid } = await stat(join(dir, 'postgres'))
  const text = await read(dir, 'postgres/postmaster.pid')
  await first.stop()
  const stranger = spawn('sleep', ['60'], isRoot ? { uid, gid } : {})
  onTestFinished(() => end(stranger, 'SIGKILL'))
  const file = join(dir, 'postgres', 'postmaster.pid')
  await writeFile(file, text.replace(/^\d+/, String(stranger.pid)), { mode: 0o600 })
  await chown(file, uid, gid)

  const second = await startPostgres(dir)

  expect(await query(second.url(), 'select 1 as one')).toEqual([{ one: 1 }])
  expect(stranger.exitCode).toBeNull()
})

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL')
}

function read(dir: string, name: string): Promise<string> {
  return readFile(join(dir, name), 'utf8')
}
