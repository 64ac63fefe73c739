import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { startDaemon } from '../../src/daemon.ts'
import { createTestAccount, record, seen } from '../support/account.ts'
import { testConfig, testHook, testLog } from '../support/daemon.ts'
import { findFreePort } from '../support/free-port.ts'
import { needs } from '../support/needs.ts'
import { hasReverseProxy, startReverseProxy } from '../support/reverse-proxies.ts'
import { CHROMIUM, NEEDS_CHROMIUM, startChromium } from './chromium.ts'

const TOKEN = 'a token of some length'

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let browser: Browser
beforeAll(async () => {
  landfall = await createTestAccount()
  if (CHROMIUM !== null) browser = await startChromium()
})
afterAll(async () => {
  await browser?.close()
  await landfall.close()
})

/** As docs/operating.md shows them: nginx cuts the path off and changes `Host`, Caddy does neither. */
const PROXIES = [
  [
    'nginx',
    (port: number) => `location /landfall/ {
      proxy_pass http://127.0.0.1:${port}/;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }`,
  ],
  [
    'caddy',
    (port: number) => `redir /landfall /landfall/
      handle /landfall/* {
        reverse_proxy 127.0.0.1:${port}
      }`,
  ],
] as const

describe.each(PROXIES)('below a path of %s', (kind, rules) => {
  const options =
    CHROMIUM === null
      ? needs(NEEDS_CHROMIUM, false)
      : needs(`${kind} (install ${kind})`, hasReverseProxy(kind))
  test('the page signs in, follows what happens, and its buttons act', options, async () => {
    const [upstream, port] = [await findFreePort(), await findFreePort()]
    const publicUrl = `http://127.0.0.1:${port}/landfall`
    const roles = new Set(['serve'] as const)
    const hooks = [testHook('http://127.0.0.1:1/')]
    const change = { port: upstream, publicUrl, apiToken: TOKEN, roles, hooks }
    const daemon = await startDaemon(
      testConfig({ databaseUrl: landfall.url, accounts: [], ...change }),
      testLog,
      () => undefined,
    )
    onTestFinished(() => daemon.stop())
    const proxy = await startReverseProxy({ kind, upstream, port, rules: rules(upstream) })
    onTestFinished(() => proxy.stop())
    const page = await browser.newPage()
    onTestFinished(() => page.close())

    await page.goto(`${proxy.url}/landfall`)
    await page.getByLabel('Token').fill(TOKEN)
    await page.keyboard.press('Enter')
    await page.locator('.connection', { hasText: 'Live' }).waitFor()
    await page.goto(`${publicUrl}/#/migrations?q=${kind}`)
    await record(landfall.deps, landfall.account, [seen(`${kind}-1`, 'WORKING', 0)])
    await page.getByRole('link', { name: `${kind}-1` }).waitFor()

    await page.goto(`${publicUrl}/#/hooks`)
    await page.getByRole('button', { name: 'Disable default' }).click()
    await page.getByRole('button', { name: 'Enable default' }).click()
    await page.getByRole('button', { name: 'Disable default' }).waitFor()
    expect(page.url()).toBe(`${publicUrl}/#/hooks`)
  })
})
