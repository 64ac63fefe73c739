import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const { CHROMIUM_PATH, PATH = '', CI } = process.env

/** The system's Chromium, or what `CHROMIUM_PATH` names; null where there is none. */
export const CHROMIUM = CHROMIUM_PATH || findChromium()

if (CHROMIUM === null) {
  const how = 'install chromium, or set CHROMIUM_PATH'
  if (CI === 'true') throw new Error(`No Chromium, which CI must have: ${how}`)
  console.warn(`\n!!!! NO CHROMIUM: ALL TESTS THAT NEED ONE ARE SKIPPED. To run them, ${how}. !!!!\n`)
}

export function startChromium(): Promise<Browser> {
  // Root may not use the sandbox, as in containers; only pages of our own are opened.
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] })
}

function findChromium(): string | null {
  const places = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return places.find((place) => existsSync(place)) ?? null
}
