import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Webhook } from 'standardwebhooks'

// A receiver in a process of its own: verifies every signature, notes when each event came first, and answers at once;
// below /hang after 15 s.
const HANG_MS = 15_000
const webhook = new Webhook(process.env['BENCH_SECRET'] ?? '')
let arrivals: [id: string, path: string, atMs: number][] = []
let forged = 0

const server = createServer((request, response) => {
  const atMs = Date.now()
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    try {
      webhook.verify(Buffer.concat(chunks), request.headers as Record<string, string>)
      arrivals.push([String(request.headers['webhook-id']), request.url ?? '', atMs])
    } catch {
      forged += 1
    }
    const answer = () => response.writeHead(204).end()
    if (request.url === '/hang') setTimeout(answer, HANG_MS).unref()
    else answer()
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')

process.on('message', (asked) => {
  if (asked === 'count') return void process.send?.({ count: arrivals.length, forged })
  process.send?.({ arrivals, forged })
  arrivals = []
})
process.on('disconnect', () => process.exit())
process.send?.({ port: (server.address() as AddressInfo).port })
