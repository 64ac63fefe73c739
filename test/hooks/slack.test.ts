import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import type { OutgoingEvent } from '../../src/domain/outgoing-event.ts'
import { createSlackSender, type SlackOptions } from '../../src/hooks/slack.ts'
import { event as plain } from '../support/webhook-attempts.ts'
import { createWebhookReceiver } from '../support/webhook-receiver.ts'

const receiver = createWebhookReceiver()
beforeEach(() => receiver.start())
afterEach(async () => {
  receiver.requests.length = 0
  receiver.behave(() => ({}))
  await receiver.stop()
})

const event: OutgoingEvent = {
  ...plain,
  data: { ...plain.data, company_id: 'abc', previous_status: 'WORKING', status: 'COMPLETE' },
}
const counts = { running: 12, needs_input: 1, succeeded: 140, pending: 0 }

function send(one: OutgoingEvent = event, options: Partial<SlackOptions> = {}, link: string | null = null) {
  const sender = createSlackSender({
    allowPrivate: true,
    defaultLink: 'http://127.0.0.1:4600/#/migrations/{account}/{migration_id}',
    countPhases: async () => counts,
    ...options,
  })
  onTestFinished(() => sender.close())
  return sender.send({ url: receiver.url, link }, one, new AbortController().signal)
}

type Block = {
  type: string
  text?: { text: string }
  fields?: { text: string }[]
  elements?: { text: string }[]
}
async function message(...args: Parameters<typeof send>) {
  expect(await send(...args)).toMatchObject({ kind: 'accepted' })
  return JSON.parse(receiver.requests.at(-1)?.body ?? '') as { text: string; blocks: Block[] }
}

describe('a message', () => {
  test('says what happened to what, how the account stands, and where to look', async () => {
    const { text, blocks } = await message()

    expect(text).toBe(':white_check_mark: Migration completed: 9f5b')
    expect(blocks.map(({ type }) => type)).toEqual(['section', 'section', 'context'])
    expect(blocks[0]?.text?.text).toBe(
      '*:white_check_mark: Migration completed*\n<http://127.0.0.1:4600/#/migrations/acme/9f5b|9f5b>',
    )
    expect(blocks[1]?.fields?.map((field) => field.text)).toEqual([
      '*Status*\nWORKING → COMPLETE',
      '*Account*\nacme',
      '*Company*\nabc',
    ])
    expect(blocks[2]?.elements?.[0]?.text).toBe(
      '2026-03-04T09:22:41.004Z  ·  12 running, 1 needs input, 140 succeeded',
    )
  })

  test('leads where the hook says', async () => {
    const { blocks } = await message(event, {}, 'https://app.test/{account}?m={migration_id}')

    expect(blocks[0]?.text?.text).toContain('<https://app.test/acme?m=9f5b|9f5b>')
  })

  test("mentions nobody, whatever somebody else's text holds", async () => {
    const data = { ...event.data, status: '<!channel> & <@U1>', migration_id: '<!here>' }
    const { text, blocks } = await message({ ...event, subject: '<!here>', data })

    expect(`${text}${JSON.stringify(blocks)}`).not.toMatch(/<[!@]/)
  })

  test.each(EVENT_TYPES)('of %s has words of its own', async (type) => {
    const { text } = await message({ ...event, type })

    expect(text).toMatch(/^:[a-z_]+: [A-Z]/)
  })

  test('goes out without counts where those cannot be had', async () => {
    const { blocks } = await message(event, { countPhases: () => Promise.reject(new Error('no database')) })

    expect(blocks[2]?.elements?.[0]?.text).toBe('2026-03-04T09:22:41.004Z')
  })
})

describe('answers', () => {
  test('429 with Retry-After slows down, as for a webhook', async () => {
    receiver.behave(() => ({ status: 429, headers: { 'retry-after': '30' }, body: 'ratelimited' }))

    expect(await send()).toEqual({
      kind: 'refused',
      status: 429,
      retryAfterMs: 30_000,
      excerpt: 'ratelimited',
    })
  })

  test('the URL, which is the secret, is not repeated', async () => {
    receiver.behave(({ path }) => ({ status: 404, body: `no team at ${path}` }))
    const sender = createSlackSender({ allowPrivate: true, defaultLink: '', countPhases: async () => counts })
    onTestFinished(() => sender.close())
    const url = new URL('/services/T0000/B0000/verysecretpath', receiver.url).href
    const outcome = await sender.send({ url, link: null }, event, new AbortController().signal)

    expect(JSON.stringify(outcome)).not.toContain('verysecretpath')
  })

  test('inner addresses are refused', async () => {
    expect(await send(event, { allowPrivate: false })).toMatchObject({ kind: 'refused_address' })
  })
})
