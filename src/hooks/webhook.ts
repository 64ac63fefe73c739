import { type BodyFormat, encodeBody } from './body.ts'
import type { Sender } from './hook.ts'
import { createHttpAttempts, type HttpOptions } from './http-attempt.ts'
import { sign } from './signature.ts'

export interface WebhookTarget {
  readonly url: string
  /** `whsec_…` or `whsk_…`, at least one; several while one rotates. */
  readonly secrets: readonly string[]
  readonly format: BodyFormat
}

export function createWebhookSender(options: HttpOptions): Sender<WebhookTarget> {
  const http = createHttpAttempts(options)
  return {
    send: async ({ url, secrets, format }, event, signal) => {
      signal.throwIfAborted()
      const { contentType, body } = encodeBody(format, event)
      const signed = sign(secrets, event.id, new Date(), body)
      return http.post({ url, headers: { 'content-type': contentType, ...signed }, body, secrets }, signal)
    },
    close: http.close,
  }
}
