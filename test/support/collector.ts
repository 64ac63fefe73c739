import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
}

interface Posted {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: CollectedSpan['attributes'] }
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[]
  }[]
}

/** An OpenTelemetry collector for OTLP over HTTP in JSON; ends with the test. */
export async function startCollector(after: (stop: () => void) => void) {
  const posted: Posted[] = []
  const server = http.createServer((incoming, response) => {
    void json(incoming).then((body) => {
      if (incoming.url === '/v1/traces') posted.push(body as Posted)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const resources = () => posted.flatMap(({ resourceSpans }) => resourceSpans)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => resources().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    /** All that was sent, as it came. */
    text: () => JSON.stringify(posted),
  }
}

export function attributeOf({ attributes }: CollectedSpan, key: string): unknown {
  const value = attributes.find((one) => one.key === key)?.value ?? {}
  return Object.values(value)[0]
}
