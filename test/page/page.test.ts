/// <reference lib="dom" />
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import type { Daemon } from '../../src/daemon.ts'
import { createTestAccount, query, record, seen } from '../support/account.ts'
import { needs } from '../support/needs.ts'
import { CHROMIUM, NEEDS_CHROMIUM, startChromium } from './chromium.ts'
import { addEnded, fillWorld, serveWorld } from './world.ts'

const HISTORIES = 3_000
const MIGRATIONS = 100_000
/** For tests that open every view, on a machine with other work. */
const ROOM_MS = 120_000
const WIDE = { width: 1280, height: 900 }
const NARROW = { width: 375, height: 800 }

let landfall: Awaited<ReturnType<typeof createTestAccount>>
let daemon: Daemon
let browser: Browser
let known: string

describe('the page, with 100,000 migrations', needs(NEEDS_CHROMIUM, CHROMIUM !== null), () => {
  beforeAll(async () => {
    landfall = await createTestAccount()
    await query(landfall.db, 'update landfall.account set baseline_at = now()')
    await fillWorld(landfall.url, HISTORIES)
    await addEnded(landfall.url, MIGRATIONS - HISTORIES)
    const [row] = await query<{ path: string }>(
      landfall.db,
      `select account || '/' || migration_id as path from landfall.migration where phase = 'needs_input' limit 1`,
    )
    known = row?.path ?? ''
    daemon = await serveWorld(landfall.url)
    browser = await startChromium()
  }, 120_000)
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
  })
  afterAll(async () => {
    await browser?.close()
    await daemon?.stop()
    await landfall?.close()
  })

  const views = (): readonly string[] => [
    '',
    'migrations?limit=5',
    `migrations/${known}`,
    'events?limit=5',
    'deliveries?state=dead&limit=5',
    'accounts',
    'hooks',
  ]

  async function open(view: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    await load(page, view)
    return page
  }

  /** Opens a view anew, and waits until it has what it shows. */
  async function load(page: Page, view: string): Promise<void> {
    await page.goto('about:blank')
    await page.goto(`${daemon.url}/#/${view}`)
    await settled(page)
  }

  test('a change shows within two seconds, without a reload', async () => {
    const page = await open('migrations?q=fresh-')
    await page.getByText('No migration fits these filters.').waitFor()
    await page.locator('.connection', { hasText: 'Live' }).waitFor()

    await record(landfall.deps, landfall.account, [seen('fresh-1', 'WORKING', 0)])
    await page.locator('td', { hasText: 'Running' }).waitFor({ timeout: 2_000 })

    await record(landfall.deps, landfall.account, [seen('fresh-1', 'FAILED', 10)])
    await page.locator('td', { hasText: 'Failed' }).waitFor({ timeout: 2_000 })
  })

  test('the overview counts what is live and what landed, and says what is wrong', async () => {
    const page = await open('')
    const attention = page.getByRole('region', { name: 'Needs attention' })

    expect(await attention.textContent()).toContain('Account account-3 is suspended')
    expect(await attention.textContent()).toMatch(/\d migrations overdue/)
    expect(await page.getByRole('region', { name: 'Live now' }).textContent()).toMatch(
      /of 100,00\d migrations/,
    )
    await page.locator('canvas').nth(2).waitFor()
  })

  test('filters stand in the address and survive a reload', async () => {
    const page = await open('migrations')
    await page.getByLabel('Phase').selectOption('failed')
    await page.getByLabel('Account').selectOption('account-2')
    await page.getByLabel('Search').fill('company-1')
    await page.waitForURL(/q=company-1/)
    await settled(page)
    const address = page.url()
    const rows = await page.locator('tbody tr').allTextContents()
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.every((row) => /Failed/.test(row) && /account-2/.test(row) && /company-1/.test(row))).toBe(
      true,
    )

    await page.reload()
    await settled(page)
    expect(page.url()).toBe(address)
    expect(await page.getByLabel('Phase').inputValue()).toBe('failed')
    expect(await page.getByLabel('Account').inputValue()).toBe('account-2')
    expect(await page.getByLabel('Search').inputValue()).toBe('company-1')
    expect(await page.locator('tbody tr').count()).toBe(rows.length)
  })

  test('pages lead on, and the browser leads back', async () => {
    const page = await open('migrations')
    const first = await page.locator('tbody a').first().textContent()
    await page.getByRole('link', { name: 'Next page' }).click()
    await page.getByRole('link', { name: 'First page' }).waitFor()
    await settled(page)
    expect(await page.locator('tbody a').first().textContent()).not.toBe(first)

    await page.goBack()
    await settled(page)
    expect(await page.locator('tbody a').first().textContent()).toBe(first)
  })

  test('a migration shows each moment as the range that it lies in', async () => {
    const page = await open(`migrations/${known}`)
    const [account, id] = known.split('/')
    const { transitions } = (await (
      await fetch(`${daemon.url}/api/v1/migrations/${account}/${id}`)
    ).json()) as { transitions: { not_before: string | null; not_after: string }[] }
    const changes = page.locator('.change')

    expect(await changes.count()).toBe(transitions.length)
    for (const [index, { not_before, not_after }] of [...transitions].reverse().entries()) {
      const moments = await changes.nth(index).locator('time').evaluateAll(datesOf)
      expect(moments).toEqual(not_before === null ? [not_after] : [not_before, not_after])
    }
    expect(await page.locator('.band .between').count()).toBe(transitions.length - 1)
  })

  test(
    'the keyboard reaches everything, and one sees where it is',
    async () => {
      const page = await open('')
      // A stream that opens late, or tells news, would have rows drawn anew under the keyboard.
      await page.route('**/api/v1/events/stream*', () => {})
      for (const view of views()) {
        await load(page, view)
        const wanted = await page.evaluate(watchControls)
        for (let presses = 0; presses < wanted.length; presses++) await page.keyboard.press('Tab')
        const reached = await page.evaluate(() => watched.reached)

        expect(reached.map(({ control }) => control).sort(), view).toEqual(wanted.sort())
        expect(
          reached.filter(({ outline }) => outline === 'none'),
          view,
        ).toEqual([])
      }
    },
    ROOM_MS,
  )

  test('without a mouse: past the menu, into a migration, and its heading has the focus', async () => {
    const page = await open('migrations')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    await page.locator('tbody a').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('.band').waitFor()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  })

  test.each(['light', 'dark'] as const)(
    'axe finds nothing serious, and nothing sticks out: %s',
    async (colorScheme) => {
      const page = await open('', { colorScheme })
      for (const view of views()) {
        await page.setViewportSize(WIDE)
        await load(page, view)
        expect(await listGraveViolations(page), view).toEqual([])
        await page.setViewportSize(NARROW)
        expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBe(NARROW.width)
      }
    },
    ROOM_MS,
  )

  test(
    'axe finds nothing serious on a narrow screen',
    async () => {
      const page = await open('', { viewport: NARROW })
      for (const view of ['migrations?limit=5', 'accounts']) {
        await load(page, view)
        expect(await listGraveViolations(page), view).toEqual([])
      }
    },
    ROOM_MS,
  )

  test('first contentful paint comes within 1.5 s, and nothing jumps', async () => {
    for (const view of ['', 'migrations']) {
      const page = await open(view)
      if (view === '') await page.locator('canvas').nth(2).waitFor()
      const { paintMs, shift } = await page.evaluate(measureLoad)
      expect(paintMs, view).toBeGreaterThan(0)
      expect(paintMs, view).toBeLessThanOrEqual(1_500)
      expect(shift, view).toBeLessThan(0.1)
    }
  })

  test('all scripts together are less than 100 KB compressed', async () => {
    const page = await browser.newPage()
    const sizes: Promise<number>[] = []
    page.on('requestfinished', (request) => {
      if (request.resourceType() === 'script')
        sizes.push(request.sizes().then((size) => size.responseBodySize))
    })
    await page.goto(`${daemon.url}/`)
    await page.locator('canvas').nth(2).waitFor()
    const sum = (await Promise.all(sizes)).reduce((all, size) => all + size, 0)

    expect(sizes.length).toBeGreaterThan(20)
    expect(sum).toBeGreaterThan(40_000)
    expect(sum).toBeLessThan(100_000)
  })

  test('what was given up is sent again, one or all', async () => {
    const page = await open('deliveries?state=dead')
    const before = await page.locator('tbody tr').count()
    await page
      .getByRole('button', { name: /^Replay Completed/ })
      .first()
      .click()
    await page.getByText('On its way again to default.').waitFor()
    await page.waitForFunction((rows) => document.querySelectorAll('tbody tr').length < rows, before)

    await page.getByRole('button', { name: 'Replay what was given up' }).click()
    await page.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('No delivery fits these filters.').waitFor()
  })

  test('a filter without a field of its own is told, and can be taken away', async () => {
    const page = await open('migrations?company_id=company-3')
    await page.getByRole('button', { name: /^Company id company-3/ }).click()
    await page.waitForURL((url) => !url.hash.includes('company_id'))
  })

  test('each theme can be chosen, and stays', async () => {
    const page = await open('', { colorScheme: 'light' })
    const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await page.getByLabel('Colours').selectOption('dark')
    const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    expect(dark).not.toBe(light)

    await page.reload()
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(dark)
  })
})

/** Everything has been asked for and answered. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main h1') !== null &&
      document.querySelector('main [aria-busy="true"], main .skeleton, main .is-stale') === null,
  )
}

const datesOf = (elements: Element[]) => elements.map((element) => element.getAttribute('datetime'))

async function listGraveViolations(page: Page): Promise<string[]> {
  // The other mode opens pages of its own, to no use here, as nothing is framed.
  const { violations } = await new AxeBuilder({ page })
    .options({ resultTypes: ['violations'] })
    .setLegacyMode()
    .analyze()
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  return grave.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}

/** In the page: what was reached, and how it was marked. */
declare const watched: { reached: { control: string; outline: string }[] }

/** Notes what comes into focus, and returns all that a mouse could use. */
function watchControls(): string[] {
  const reached: { control: string; outline: string }[] = []
  Object.assign(window, { watched: { reached } })
  const selector = 'a[href], button:not(:disabled), select, input, summary, [tabindex="0"]'
  const controls = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility())
  controls.forEach((element, index) => {
    element.setAttribute('data-control', String(index))
  })
  document.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof Element)) return
    const control = target.getAttribute('data-control') ?? target.outerHTML
    reached.push({ control, outline: getComputedStyle(target).outlineStyle })
  })
  return controls.map((_, index) => String(index))
}

function measureLoad(): { paintMs: number; shift: number } {
  const observer = new PerformanceObserver(() => {})
  observer.observe({ type: 'layout-shift', buffered: true })
  const shifts = observer.takeRecords() as (PerformanceEntry & { value: number })[]
  const [paint] = performance.getEntriesByName('first-contentful-paint')
  return { paintMs: paint?.startTime ?? 0, shift: shifts.reduce((sum, { value }) => sum + value, 0) }
}
