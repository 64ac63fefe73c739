import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import type { Browser } from 'playwright-core'

import { applySchemaChanges } from '../src/store/schema-changes.ts'
import { startChromium } from '../test/page/chromium.ts'
import { fillWorld, serveWorld } from '../test/page/world.ts'
import { startEmbeddedPostgres } from '../test/support/embedded.ts'

const FOLDER = 'docs/screenshots'
const MIGRATIONS = 3_000

interface Shot {
  readonly name: string
  readonly view: string
  readonly colorScheme?: 'dark'
  readonly width?: number
}

/** Writes pictures of every view, of a world that is made the same way each time. */
async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const postgres = await startEmbeddedPostgres()
  try {
    await applySchemaChanges(postgres.url)
    await fillWorld(postgres.url, MIGRATIONS)
    const daemon = await serveWorld(postgres.url)
    const browser = await startChromium()
    const url = daemon.url ?? ''
    for (const shot of await listShots(url)) await take(browser, url, shot)
    await browser.close()
    await daemon.stop()
  } finally {
    await postgres.stop()
  }
}

async function listShots(url: string): Promise<Shot[]> {
  const answer = await fetch(`${url}/api/v1/migrations?phase=partial&account=account-1&limit=1`)
  const { migrations } = (await answer.json()) as { migrations: { migration_id: string }[] }
  return [
    { name: 'overview', view: '' },
    { name: 'overview-dark', view: '', colorScheme: 'dark' },
    { name: 'overview-narrow', view: '', width: 390 },
    { name: 'migrations', view: 'migrations?live=true&limit=14' },
    { name: 'migration', view: `migrations/account-1/${migrations[0]?.migration_id}` },
    { name: 'events', view: 'events?limit=14' },
    { name: 'deliveries', view: 'deliveries?limit=14' },
    { name: 'accounts', view: 'accounts' },
    { name: 'hooks', view: 'hooks' },
  ]
}

async function take(browser: Browser, url: string, shot: Shot): Promise<void> {
  const { name, view, colorScheme = 'light', width = 1180 } = shot
  const page = await browser.newPage({ viewport: { width, height: 720 }, colorScheme })
  await page.goto(`${url}/#/${view}`)
  await page.locator('.connection', { hasText: 'Live' }).waitFor()
  await page.locator('main [aria-busy="true"], main .skeleton').first().waitFor({ state: 'detached' })
  if (view === '') await page.locator('canvas').nth(2).waitFor()
  const path = `${FOLDER}/${name}.png`
  await page.screenshot({ path, fullPage: true })
  await page.close()
  // A third of the size, and no difference to be seen; where it is not installed they are just larger.
  spawnSync('pngquant', ['--force', '--output', path, '64', path])
}

await main()
