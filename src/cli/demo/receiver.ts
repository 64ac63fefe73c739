import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { Webhook } from 'standardwebhooks'

/** A webhook as it arrived. */
export interface Received {
  readonly eventId: string
  readonly type: string
  readonly migrationId: string
  readonly companyId: string | null
  readonly isVerified: boolean
  readonly receivedAt: string
}

export interface Receiver {
  readonly secret: string
  start(): Promise<{ readonly url: string }>
  stop(): Promise<void>
}

/** What a user of Landfall would write: takes webhooks, and believes those whose signature is right. */
export function createReceiver(onReceived: (received: Received) => void): Receiver {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const webhook = new Webhook(secret)

  async function answer(request: IncomingMessage): Promise<number> {
    const body = await text(request)
    const headers = request.headers as Record<string, string>
    const isVerified = isSigned(webhook, body, headers)
    onReceived({
      ...describe(body),
      eventId: headers['webhook-id'] ?? '',
      isVerified,
      receivedAt: new Date().toISOString(),
    })
    return isVerified ? 204 : 401
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (status) => response.writeHead(status).end(),
      () => response.destroy(),
    )
  })

  return {
    secret,
    start: async () => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/landfall` }
    },
    stop: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function isSigned(webhook: Webhook, body: string, headers: Record<string, string>): boolean {
  try {
    webhook.verify(body, headers)
    return true
  } catch {
    return false
  }
}

interface Body {
  readonly type?: string
  readonly data?: { readonly migration_id?: string; readonly company_id?: string | null }
}

function describe(body: string): Pick<Received, 'type' | 'migrationId' | 'companyId'> {
  const { type = '', data = {} } = JSON.parse(body) as Body
  return { type, migrationId: data.migration_id ?? '', companyId: data.company_id ?? null }
}
