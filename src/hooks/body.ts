import { type OutgoingEvent, toCloudEvent } from '../domain/outgoing-event.ts'

/** How a webhook's body is written: CloudEvents 1.0 structured JSON, or the plain Standard Webhooks object. */
export type BodyFormat = 'cloudevents' | 'standard'

interface EncodedBody {
  readonly contentType: string
  readonly body: string
}

/** The bytes of an event are the same on every attempt. */
export function encodeBody(format: BodyFormat, event: OutgoingEvent): EncodedBody {
  return format === 'cloudevents'
    ? {
        contentType: 'application/cloudevents+json; charset=utf-8',
        body: JSON.stringify(toCloudEvent(event)),
      }
    : { contentType: 'application/json', body: standardEvent(event) }
}

function standardEvent(event: OutgoingEvent): string {
  return JSON.stringify({ type: event.type, timestamp: event.time, data: event.data })
}
