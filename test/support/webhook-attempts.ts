import { randomBytes } from 'node:crypto'

import { afterEach, beforeEach, onTestFinished } from 'vitest'

import type { OutgoingEvent } from '../../src/domain/outgoing-event.ts'
import type { HttpOptions } from '../../src/hooks/http-attempt.ts'
import { createWebhookSender, type WebhookTarget } from '../../src/hooks/webhook.ts'
import { type Behaviour, createWebhookReceiver } from './webhook-receiver.ts'

export const secret = `whsec_${randomBytes(32).toString('base64')}`

export const event: OutgoingEvent = {
  id: 'evt_0199',
  type: 'migration.completed',
  source: '/accounts/acme',
  subject: '9f5b',
  time: '2026-03-04T09:22:41.004Z',
  sequence: '0000000003',
  data: { account: 'acme', migration_id: '9f5b', status: 'COMPLETE' },
}

/** A receiver for each test of a file, and attempts to deliver to it. */
export function setUpAttempts() {
  const receiver = createWebhookReceiver()
  beforeEach(() => receiver.start())
  afterEach(async () => {
    receiver.requests.length = 0
    receiver.behave(() => ({}))
    await receiver.stop()
  })

  /** The deadline is long where a test does not wait for it. */
  function createSender(options: Partial<HttpOptions> = {}) {
    const sender = createWebhookSender({ allowPrivate: true, deadlineMs: 10_000, ...options })
    onTestFinished(() => sender.close())
    return sender
  }

  function targetOf(target: Partial<WebhookTarget> = {}): WebhookTarget {
    return { url: receiver.url, secrets: [secret], format: 'cloudevents', ...target }
  }

  function attempt(
    target: Partial<WebhookTarget> = {},
    options: Partial<HttpOptions> = {},
    signal = new AbortController().signal,
  ) {
    return createSender(options).send(targetOf(target), event, signal)
  }

  function attemptAgainst(behaviour: Behaviour, options: Partial<HttpOptions> = {}) {
    receiver.behave(behaviour)
    return attempt({}, options)
  }

  return { receiver, createSender, targetOf, attempt, attemptAgainst }
}
