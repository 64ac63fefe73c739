import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../support/database.ts'

const run = promisify(execFile)
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const sources = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src', 'migrations-sql', 'LICENSE']

describe('the published package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'landfall-package-'))
  const clone = join(folder, 'clone')
  const installed = join(folder, 'package')

  beforeAll(async () => {
    for (const name of sources) cpSync(name, join(clone, name), { recursive: true })
    linkDependencies(clone)
    await run('npm', ['pack', '--pack-destination', folder], { cwd: clone })
    await run('tar', ['-xzf', `landfall-${version}.tgz`], { cwd: folder })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('holds what runs, and nothing else', () => {
    const files = listFiles(installed)
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/main.js',
        'migrations-sql/meta/_journal.json',
        'package.json',
        'LICENSE',
      ]),
    )
    expect(files.filter((file) => /\.ts$|\.map$|_snapshot\.json$|^(src|test)\//.test(file))).toEqual([])
    const others = (folder: string) => listFiles(folder).filter((file) => !/\.[jt]s$/.test(file))
    expect(others(join(installed, 'dist'))).toEqual(others('src'))
  })

  test('starts by its name', async () => {
    linkDependencies(installed)
    expect(readFileSync(join(installed, 'dist/main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect(await landfall(['--version'])).toBe(`${version}\n`)
    expect(await landfall(['migrate', '--help'])).toContain('landfall migrate')
  })

  test('brings the schema changes along', async () => {
    const database = await createDatabase()
    try {
      const told = JSON.parse(await landfall(['migrate', '--json'], { DATABASE_URL: database.url }))
      expect(told.total).toBeGreaterThan(0)
      expect(told.applied).toBe(told.total)
    } finally {
      await database.drop()
    }
  })

  async function landfall(args: string[], env: Record<string, string> = {}): Promise<string> {
    const program = join(installed, 'dist/main.js')
    return (await run(process.execPath, [program, ...args], { cwd: folder, env })).stdout
  }
})

function linkDependencies(folder: string): void {
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'junction')
}

function listFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort()
}
