import { stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConnection } from '../../src/embedded/connection.ts'
import { createPostgres, createTempDir, listProcesses, query, startPostgres } from './harness.ts'

test('a new folder becomes a PostgreSQL 18 that sorts and spells in UTF-8', async () => {
  const postgres = await startPostgres(await createTempDir())
  const [row] = await query(
    postgres.url(),
    `select current_setting('server_version_num')::int / 10000 as major, current_database() as db,
            current_setting('server_encoding') as encoding, upper('é') as upper, current_setting('timezone') as tz`,
  )
  expect(row).toEqual({ major: 18, db: 'landfall', encoding: 'UTF8', upper: 'É', tz: 'UTC' })
})

test('data is kept between runs, and the port where it is still free', async () => {
  const dir = await createTempDir()
  const first = await startPostgres(dir)
  const url = first.url()
  await query(url, 'create table kept as select 42 as n')
  await first.stop()

  const second = await startPostgres(dir)

  expect(second.url()).toBe(url)
  expect(await query(url, 'select n from kept')).toEqual([{ n: 42 }])
})

test('stop leaves no process, may come twice, and before start', async () => {
  const dir = await createTempDir()
  const postgres = createPostgres(dir)
  await postgres.stop()
  await postgres.start()
  expect(await listProcesses(dir)).not.toEqual([])

  await Promise.all([postgres.stop(), postgres.stop()])

  expect(await listProcesses(dir)).toEqual([])
  await postgres.stop()
})

test('stop during start leaves no process', async () => {
  const dir = await createTempDir()
  const postgres = createPostgres(dir)
  const starting = postgres.start()
  await postgres.stop()

  await expect(starting).rejects.toThrow()
  expect(await listProcesses(dir)).toEqual([])
})

test('the password is needed, and only the owner can read it', async () => {
  const dir = await createTempDir()
  const postgres = await startPostgres(dir)
  const wrong = new URL(postgres.url())
  wrong.password = 'guessed'

  await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password/)
  expect((await stat(join(dir, 'connection.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(dir, 'postgres.log'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(dir, 'postgres'))).mode & 0o777).toBe(0o700)
})

test('another command finds the url while the server runs, and only then', async () => {
  const dir = await createTempDir()
  expect(await readConnection(dir)).toBeNull()
  const postgres = await startPostgres(dir)
  expect(await readConnection(dir)).toEqual({ url: postgres.url() })
  await postgres.stop()
  expect(await readConnection(dir)).toBeNull()
})

test('data whose connection.json was deleted gets a new password', async () => {
  const dir = await createTempDir()
  const first = await startPostgres(dir)
  const oldUrl = first.url()
  await query(oldUrl, 'create table kept as select 42 as n')
  await first.stop()
  await unlink(join(dir, 'connection.json'))

  const second = await startPostgres(dir)

  expect(second.url()).not.toBe(oldUrl)
  expect(await query(second.url(), 'select n from kept')).toEqual([{ n: 42 }])
})

test('data of another major version is refused with the ways out', async () => {
  const dir = await createTempDir()
  const first = await startPostgres(dir)
  await first.stop()
  await writeFile(join(dir, 'postgres', 'PG_VERSION'), '17\n')

  await expect(createPostgres(dir).start()).rejects.toThrow(/PostgreSQL 17.*18.*DATABASE_URL/)
})
