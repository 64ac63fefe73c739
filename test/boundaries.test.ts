import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'

interface Cruise {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: {
    readonly totalCruised: number
    readonly totalDependenciesCruised: number
    readonly violations: readonly { from: string; to: string; rule: { name: string } }[]
  }
}

const run = promisify(execFile)
const rules = resolve('.dependency-cruiser.cjs')
const program = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
const planted = mkdtempSync(join(tmpdir(), 'landfall-boundaries-'))
afterEach(() => rmSync(planted, { recursive: true, force: true }))

test('src keeps to its rooms, and all of it was read', async () => {
  const { read, totalCruised, totalDependenciesCruised, violations } = await cruise('.')
  expect(violations.map(({ rule, from, to }) => `${from} imports ${to}: ${rule.name}`)).toEqual([])
  expect(read).toEqual(listSources())
  expect(totalCruised).toBeGreaterThan(50)
  expect(totalDependenciesCruised).toBeGreaterThan(totalCruised)
})

test('every rule finds what breaks it', async () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const packages = Object.keys({ ...dependencies, ...devDependencies })
  cpSync('package.json', join(planted, 'package.json'))
  for (const name of packages) plant(`node_modules/${name}/index.js`, '')

  const files = [...listRooms(), 'attic'].map((room) => `src/${room}/a.ts`)
  const sources = [...files, 'src/main.ts', 'src/daemon.ts']
  const imports = [...sources, 'test/a.ts'].map((file) => `import '${join(planted, file)}'`)
  const everything = [...imports, ...packages.map((name) => `import '${name}'`), `import './missing.ts'`]
  for (const file of sources) plant(file, everything.join('\n'))
  plant('test/a.ts', '')

  const { violations } = await cruise(planted)
  const broken = new Set(violations.map(({ rule }) => rule.name))
  const { forbidden } = createRequire(import.meta.url)(rules) as { forbidden: { name: string }[] }
  expect([...broken].sort()).toEqual(forbidden.map(({ name }) => name).sort())
})

test('every form of import is seen', async () => {
  const forms = {
    value: `import { a } from '../store/a.ts'; a()`,
    type: `import type { A } from '../store/a.ts'; export const b: A = 1`,
    inlineType: `import { type A } from '../store/a.ts'; export const b: A = 1`,
    typeExpression: `export const b: import('../store/a.ts').A = 1`,
    effect: `import '../store/a.ts'`,
    again: `export { a } from '../store/a.ts'`,
    all: `export * from '../store/a.ts'`,
    typeAgain: `export type { A } from '../store/a.ts'`,
    lazy: `export const b = async () => await import('../store/a.ts')`,
  }
  plant('src/store/a.ts', 'export type A = number; export function a(): void {}')
  for (const [form, text] of Object.entries(forms)) plant(`src/domain/${form}.ts`, text)

  const { violations } = await cruise(planted)
  const seen = violations.filter(({ rule }) => rule.name === 'domain-imports-only-its-rooms')
  expect(seen.map(({ from }) => from).sort()).toEqual(
    Object.keys(forms)
      .map((form) => `src/domain/${form}.ts`)
      .sort(),
  )
})

async function cruise(folder: string) {
  const args = [program, 'src', '--config', rules, '--output-type', 'json']
  // It exits with the number of violations.
  const done = run(process.execPath, args, { cwd: folder, maxBuffer: 1e8 }).catch((err: unknown) => {
    if ((err as { stdout?: string }).stdout?.startsWith('{')) return err as { stdout: string }
    throw err
  })
  const { modules, summary } = JSON.parse((await done).stdout) as Cruise
  const sources = modules.map(({ source }) => source)
  const read = sources.filter((source) => source.startsWith('src/') && source.endsWith('.ts')).sort()
  return { read, ...summary }
}

function listSources(): string[] {
  const entries = readdirSync('src', { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  return files.map((file) => join(file.parentPath, file.name).replaceAll('\\', '/')).sort()
}

function listRooms(): string[] {
  const entries = readdirSync('src', { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(planted, file)), { recursive: true })
  writeFileSync(join(planted, file), text)
}
