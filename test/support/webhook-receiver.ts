import http, { type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'

import { Webhook } from 'standardwebhooks'

interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly receivedAt: Date
}

interface Answer {
  /** 200 unless told. */
  readonly status?: number
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
  /** Before the status line. */
  readonly delayMs?: number
  /** Sends the body one character at a time. */
  readonly dripMs?: number
  /** What follows the body: the end unless told. */
  readonly ending?: 'end' | 'hang' | 'reset' | 'endless'
}

/** `hang`: never a byte. `reset`: the connection dies without an answer. `raw`: these bytes, then the end. */
type Reaction = Answer | 'hang' | 'reset' | { readonly raw: string }

/** `count` is 1 for the first request. */
export type Behaviour = (request: ReceivedRequest, count: number) => Reaction

export interface WebhookReceiver {
  /** Known after `start`. */
  readonly url: string
  readonly port: number
  readonly requests: ReceivedRequest[]
  start(): Promise<void>
  stop(): Promise<void>
  behave(behaviour: Behaviour): void
  /** The parsed bodies of all requests; throws at the first whose signature is not the secret's. */
  verified(secret: string): unknown[]
}

/** A hook's receiver on a loopback port; accepts everything until told otherwise. */
export function createWebhookReceiver(
  options: { tls?: { key: string; cert: string } } = {},
): WebhookReceiver {
  const requests: ReceivedRequest[] = []
  let behaviour: Behaviour = () => ({})

  async function answer(incoming: http.IncomingMessage, response: ServerResponse): Promise<void> {
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: await text(incoming),
      receivedAt: new Date(),
    }
    requests.push(request)
    await react(behaviour(request, requests.length), response)
  }
  // A sender that hangs up in the middle is part of the game.
  const listener: http.RequestListener = (incoming, response) =>
    void answer(incoming, response).catch(() => response.destroy())
  const server = options.tls ? https.createServer(options.tls, listener) : http.createServer(listener)
  const port = () => (server.address() as AddressInfo).port

  return {
    requests,
    get port() {
      return port()
    },
    get url() {
      return `${options.tls ? 'https' : 'http'}://127.0.0.1:${port()}/hook`
    },
    start: () => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    behave: (next) => {
      behaviour = next
    },
    verified: (secret) => requests.map((request) => verifyAsOfArrival(secret, request)),
  }
}

const TOLERANCE_MS = 300_000

/** The package verifies as of now; a long test looks at what arrived longer ago than its tolerance. */
function verifyAsOfArrival(secret: string, { body, headers, receivedAt }: ReceivedRequest): unknown {
  const webhook = new Webhook(secret)
  if (Date.now() - receivedAt.getTime() < TOLERANCE_MS / 2) {
    return webhook.verify(body, headers as Record<string, string>)
  }
  const sentAt = new Date(Number(headers['webhook-timestamp']) * 1000)
  const expected = webhook.sign(String(headers['webhook-id']), sentAt, body)
  const signatures = String(headers['webhook-signature']).split(' ')
  const inTime = Math.abs(receivedAt.getTime() - sentAt.getTime()) < TOLERANCE_MS
  if (!inTime || !signatures.includes(expected)) throw new Error("the signature is not this secret's")
  return JSON.parse(body)
}

async function react(reaction: Reaction, response: ServerResponse): Promise<void> {
  const socket = response.socket as Socket
  if (reaction === 'hang') return
  if (reaction === 'reset') return void socket.resetAndDestroy()
  if ('raw' in reaction) return void socket.end(reaction.raw)

  const { status = 200, headers = {}, body = '', delayMs = 0, dripMs, ending = 'end' } = reaction
  if (delayMs > 0) await pause(delayMs)
  response.writeHead(status, headers)
  response.flushHeaders()
  if (dripMs === undefined) response.write(body)
  else await drip(response, body, dripMs)

  if (ending === 'end') response.end()
  if (ending === 'reset') setImmediate(() => socket.resetAndDestroy())
  if (ending === 'endless') await flood(response)
}

async function drip(response: ServerResponse, body: string, everyMs: number): Promise<void> {
  for (const character of body) {
    if (response.destroyed) return
    response.write(character)
    await pause(everyMs)
  }
}

async function flood(response: ServerResponse): Promise<void> {
  const chunk = Buffer.alloc(16 * 1024, 'x')
  while (!response.destroyed) {
    if (response.write(chunk)) await pause(0)
    else await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
  }
}

/** Unreferenced, so that a test can end before its receiver has finished being slow. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
