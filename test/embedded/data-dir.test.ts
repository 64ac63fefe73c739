import { chmod, chown, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import pino from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { resolveDataDir } from '../../src/embedded/data-dir.ts'
import { canEnter, findDatabaseUser } from '../../src/embedded/database-user.ts'
import { needs } from '../support/needs.ts'
import { createTempDir, end, isRoot, query, startDaemonProcess, startPostgres } from './harness.ts'

const nobody = 65_534
/** Others can run this project's files, which they cannot where it lies below a home of mode 0700. */
const isShared = isRoot && (await canEnter({ name: 'nobody', uid: nobody, gid: nobody }, import.meta.dirname))

describe('as root', needs('root', isRoot), () => {
  test('the server runs as the first account there is', async () => {
    const dir = await createTempDir()
    const postgres = await startPostgres(dir, { users: ['no-such-account', 'nobody'] })
    expect(await query(postgres.url(), 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await stat(join(dir, 'postgres'))).uid).toBe(nobody)
  })

  test('data stays with the account that it was made for', async () => {
    const dir = await createTempDir()
    await (await startPostgres(dir, { users: ['nobody'] })).stop()
    const again = await startPostgres(dir)
    expect(await query(again.url(), 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('no account to lend is an error that names DATABASE_URL', async () => {
    await expect(findDatabaseUser(['no-such-account'])).rejects.toThrow(/no-such-account.*DATABASE_URL/)
  })

  test('data moves out of a folder that the account cannot enter, and stays there', async () => {
    const home = await createTempDir()
    await chmod(home, 0o700)
    const asked = join(home, 'project', '.landfall')
    const { dir } = await resolveDataDir(asked, await findDatabaseUser())
    onTestFinished(() => rm(dir, { recursive: true, force: true }))
    expect(dir).toMatch(/\/project-[0-9a-f]{8}$/)
    const lines: string[] = []
    const log = pino({ level: 'info' }, { write: (line) => lines.push(line) })

    const first = await startPostgres(asked, { log })
    await query(first.url(), 'create table kept as select 42 as n')
    await first.stop()
    await chmod(home, 0o755)
    const second = await startPostgres(asked)

    expect(await query(second.url(), 'select n from kept')).toEqual([{ n: 42 }])
    const moved = lines
      .map((line) => JSON.parse(line))
      .filter((line) => line.msg === 'postgres.data_dir_moved')
    expect(moved).toMatchObject([
      { dataDir: dir, askedFor: asked, reason: expect.stringContaining('cannot enter') },
    ])
    await expect(stat(asked)).rejects.toThrow(/ENOENT/)
  })

  test(
    'an ordinary user runs the server under their own account',
    needs('a clone that others may enter', isShared),
    async () => {
      const dir = join(await createTempDir(), 'home')
      await mkdir(dir, { mode: 0o700 })
      await chown(dir, nobody, nobody)
      const daemon = await startDaemonProcess(join(dir, 'data'), { uid: nobody })
      expect(await query(daemon.url, 'select 1 as one')).toEqual([{ one: 1 }])
      expect((await stat(join(dir, 'data', 'postgres'))).uid).toBe(nobody)
      await end(daemon.child, 'SIGTERM')
      expect(daemon.child.exitCode).toBe(0)
    },
  )
})

test('two spellings of a folder are one folder', async () => {
  const dir = await createTempDir()
  expect((await resolveDataDir(`${dir}/x/../data/`, null)).dir).toBe(join(dir, 'data'))
})
