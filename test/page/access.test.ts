/// <reference lib="dom" />
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import type { Config } from '../../src/config/config.ts'
import { startDaemon } from '../../src/daemon.ts'
import { insertApiToken, removeApiToken } from '../../src/store/api-tokens.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { testConfig, testHook, testLog } from '../support/daemon.ts'
import { needs } from '../support/needs.ts'
import { CHROMIUM, NEEDS_CHROMIUM, startChromium } from './chromium.ts'

const TOKEN = 'a token of some length'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let browser: Browser
beforeAll(async () => {
  landfall = await createTestAccount()
  if (CHROMIUM !== null) browser = await startChromium()
})
afterEach(async () => {
  await Promise.all((browser?.contexts() ?? []).map((context) => context.close()))
})
afterAll(async () => {
  await browser?.close()
  await landfall.close()
})

async function serve(change: Partial<Config> = {}) {
  const roles = new Set(['serve'] as const)
  const config = testConfig({ databaseUrl: landfall.url, accounts: [], roles, ...change })
  const daemon = await startDaemon(config, testLog, () => undefined)
  onTestFinished(() => daemon.stop())
  return { url: daemon.url ?? '', stop: () => daemon.stop() }
}

describe('who opens the page', needs(NEEDS_CHROMIUM, CHROMIUM !== null), () => {
  test('is asked for the token, which stays out of addresses and lasts as long as the tab', async () => {
    const { url } = await serve({ apiToken: TOKEN })
    const page = await browser.newPage()
    const addresses: string[] = []
    page.on('request', (request) => addresses.push(request.url()))
    await page.goto(`${url}/#/accounts`)
    await page.getByLabel('Token').fill('a wrong one')
    await page.keyboard.press('Enter')
    await page.getByText('That token was not accepted.').waitFor()

    await page.getByLabel('Token').fill(TOKEN)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Accounts' }).waitFor()
    await page.locator('.connection', { hasText: 'Live' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Accounts' }).waitFor()
    expect(addresses.filter((address) => decodeURIComponent(address).includes(TOKEN))).toEqual([])

    const stranger = await (await browser.newContext()).newPage()
    await stranger.goto(url)
    await stranger.getByLabel('Token').waitFor()
  })

  test('and may only read: is told so, and changes nothing', async () => {
    await insertApiToken(landfall.db, { name: 'wall', scope: 'read', token: 'a token that reads' })
    onTestFinished(async () => void (await removeApiToken(landfall.db, 'wall')))
    const { url } = await serve({ hooks: [testHook('http://127.0.0.1:1/')] })
    const page = await browser.newPage()
    const posts: string[] = []
    page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()))
    await page.goto(`${url}/#/hooks`)
    await page.getByLabel('Token').fill('a token that reads')
    await page.keyboard.press('Enter')
    await page.getByText('May only read', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Disable default' }).click({ force: true })
    await page.getByText('Your token may only read.', { exact: false }).waitFor()

    expect(posts).toEqual([])
  })

  test('sees that the daemon is gone, and goes on by itself once it is back', async () => {
    const port = await freePort()
    const first = await serve({ port })
    const page = await browser.newPage()
    await page.goto(`${first.url}/#/migrations?q=late-`)
    await page.locator('.connection', { hasText: 'Live' }).waitFor()
    await page.getByText('No migration fits these filters.').waitFor()

    await first.stop()
    await page.locator('.connection', { hasText: 'Reconnecting' }).waitFor()
    await record(landfall.deps, landfall.account, [seen('late-1', 'WORKING', 0)])
    await serve({ port })
    await page.locator('.connection', { hasText: 'Live' }).waitFor({ timeout: 20_000 })
    await page.getByRole('link', { name: 'late-1' }).waitFor()
  })

  test('is told what to do where nothing is there yet', async () => {
    await query(landfall.db, 'truncate landfall.account cascade')
    const { url } = await serve()
    const page = await browser.newPage()
    for (const [view, said] of [
      ['', 'Nothing has happened yet.'],
      ['', 'ANON_API_KEY'],
      ['migrations', 'No migration is tracked yet.'],
      ['events', 'Nothing has happened yet.'],
      ['deliveries', 'LANDFALL_WEBHOOK_SECRET'],
      ['accounts', 'ANON_API_KEY'],
      ['hooks', 'LANDFALL_WEBHOOK_URL'],
      ['nowhere', 'No page has this address.'],
      ['migrations/acme/nobody', 'Account acme has no migration of this id.'],
    ] as const) {
      await page.goto(`${url}/#/${view}`)
      await page.getByText(said).first().waitFor()
    }
  })

  test('is told what went wrong, and can try again', async () => {
    const { url } = await serve()
    const page = await browser.newPage()
    // A stream that opens would have the page ask again by itself.
    await page.route('**/api/v1/events/stream', (route) => route.abort())
    await page.route('**/api/v1/hooks', (route) =>
      route.fulfill({ status: 500, json: { title: 'Something went wrong here', status: 500 } }),
    )
    await page.goto(`${url}/#/hooks`)
    await page.getByRole('alert').getByText('Something went wrong here').waitFor()

    await page.unroute('**/api/v1/hooks')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('No hook is configured').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })
})

describe('the page as it is served', () => {
  test('runs nothing but its own files, in nobody else’s frame', async () => {
    const { url } = await serve()
    const { headers } = await fetch(url)
    const policy = headers.get('content-security-policy')

    expect(policy).toContain(`default-src 'none'`)
    expect(policy).toContain(`frame-ancestors 'none'`)
    expect(policy).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  })

  test('keeps its files for good under an address that their contents make, and asks for the first one each time', async () => {
    const { url } = await serve()
    const index = await fetch(url)
    expect(index.headers.get('cache-control')).toBe('no-cache')
    const headers = { 'if-none-match': index.headers.get('etag') ?? '' }
    expect((await fetch(url, { headers })).status).toBe(304)

    const [file = ''] = /assets\/[^"]+\/main\.js/.exec(await index.text()) ?? []
    const asset = await fetch(`${url}/${file}`)
    expect(asset.headers.get('cache-control')).toContain('immutable')
    expect(asset.headers.get('content-encoding')).toBe('gzip')
    const plain = await fetch(`${url}/${file}`, { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(await plain.text()).toBe(await asset.text())
  })

  test('gives out no other file', async () => {
    const { url } = await serve()
    const [base = ''] = /assets\/[^/"]+/.exec(await (await fetch(url)).text()) ?? []
    for (const path of [
      'nothing.js',
      '../../package.json',
      '%2e%2e/%2e%2e/package.json',
      'index.html',
      'types.d.ts',
    ]) {
      expect((await fetch(`${url}/${base}/${path}`)).status, path).toBe(404)
    }
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
