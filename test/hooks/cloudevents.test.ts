import { type CloudEvent, HTTP } from 'cloudevents'
import { expect, test } from 'vitest'

import { EVENT_TYPES } from '../../src/domain/event-type.ts'
import { event as one, setUpAttempts } from '../support/webhook-attempts.ts'

const { receiver, createSender, targetOf } = setUpAttempts()

test.each(EVENT_TYPES)('the official SDK takes a structured %s for what it is', async (type) => {
  const subject = type.startsWith('account.') ? null : one.subject

  await createSender().send(targetOf(), { ...one, type, subject }, new AbortController().signal)

  const [request] = receiver.requests
  const message = { headers: { ...request?.headers }, body: request?.body }
  const received = HTTP.toEvent(message) as CloudEvent<unknown>
  expect(received.validate()).toBe(true)
  expect(received).toMatchObject({
    specversion: '1.0',
    id: one.id,
    source: one.source,
    type,
    time: one.time,
    sequence: one.sequence,
    datacontenttype: 'application/json',
    data: one.data,
  })
  expect(received.subject).toBe(subject ?? undefined)
})
