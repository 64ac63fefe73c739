import type { OutgoingEvent } from './hook.ts'

/** How a webhook's body is written: CloudEvents 1.0 structured JSON, or the plain Standard Webhooks object. */
export type BodyFormat = 'cloudevents' | 'standard'

interface EncodedBody {
  readonly contentType: string
  readonly body: string
}

/** The bytes of an event are the same on every attempt: the order of the keys is fixed here. */
export function encodeBody(format: BodyFormat, event: OutgoingEvent): EncodedBody {
  return format === 'cloudevents'
    ? { contentType: 'application/cloudevents+json; charset=utf-8', body: cloudEvent(event) }
    : { contentType: 'application/json', body: standardEvent(event) }
}

function cloudEvent(event: OutgoingEvent): string {
  return JSON.stringify({
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    // CloudEvents knows no empty or null subject: what has none leaves it out.
    subject: event.subject ?? undefined,
    time: event.time,
    sequence: event.sequence,
    datacontenttype: 'application/json',
    data: event.data,
  })
}

function standardEvent(event: OutgoingEvent): string {
  return JSON.stringify({ type: event.type, timestamp: event.time, data: event.data })
}
