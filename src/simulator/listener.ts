import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONTROL_PREFIX, type Controls, controlReply } from './control.ts'
import type { Fault } from './faults.ts'
import type { SimulatorSettings } from './options.ts'
import { sendReply } from './send.ts'
import { jsonReply, type Reply } from './wire.ts'

/** What is put to an API. */
export interface Question {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  /** Empty with GET. */
  readonly body: string
}

/** A simulated API without its sockets. */
export interface Answering extends Controls {
  answer(question: Question): { readonly reply: Reply; readonly fault: Fault | null }
}

export type ListenerSettings = Pick<
  SimulatorSettings,
  'host' | 'port' | 'latencyMs' | 'slowBodyMs' | 'hugeBodyBytes'
>

export interface Listener {
  /** Listens; the first time also starts the world's clock. After a `stop`: the same world on the same port. */
  start(): Promise<{ readonly url: string }>
  /** Closes every connection, also those left hanging. May come twice, and before `start`. */
  stop(): Promise<void>
}

/** Serves a simulated API, and its control endpoints, over real sockets. */
export function createListener(stage: Answering, settings: ListenerSettings): Listener {
  let { port } = settings
  let running: Promise<Running> | null = null

  async function start(): Promise<{ url: string }> {
    running ??= listen(stage, settings, port)
    port = (await running).port
    stage.epochMs()
    const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
    return { url: `http://${host}:${port}` }
  }

  async function stop(): Promise<void> {
    const stopping = running
    running = null
    // One that could not listen has nothing to close, and has told so already.
    await stopping?.then(
      (server) => server.close(),
      () => {},
    )
  }

  return { start, stop }
}

interface Running {
  readonly port: number
  close(): Promise<void>
}

async function listen(stage: Answering, settings: ListenerSettings, port: number): Promise<Running> {
  const stopping = new AbortController()
  const server = createServer((request, response) => {
    void serve(request, response, { stage, settings, stopped: stopping.signal }).catch((cause: unknown) => {
      // A client that left, or `stop`, ends an answer early. Anything else must be loud: it would pass for a fault.
      if (response.destroyed || stopping.signal.aborted) return
      throw new Error('the simulator failed to answer', { cause })
    })
  })
  // An idle connection that closes just as it is used again would be a fault nobody asked for.
  server.keepAliveTimeout = 60_000
  server.listen(port, settings.host)
  await once(server, 'listening')
  const { port: actual } = server.address() as AddressInfo
  return { port: actual, close: () => closeServer(server, stopping) }
}

async function closeServer(server: Server, stopping: AbortController): Promise<void> {
  stopping.abort()
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

interface ServeContext {
  readonly stage: Answering
  readonly settings: ListenerSettings
  readonly stopped: AbortSignal
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServeContext,
): Promise<void> {
  const { stage, settings, stopped } = context
  const { method = 'GET', headers } = request
  const url = URL.parse(`http://${headers.host ?? 'simulator'}${request.url ?? '/'}`)
  if (!url) return sendReply(response, jsonReply({}, 400), null, context)
  if (url.pathname.startsWith(CONTROL_PREFIX)) {
    const reply = controlReply(method, url, await text(request), stage)
    return sendReply(response, reply, null, context)
  }
  const body = method === 'GET' ? '' : await text(request)
  request.resume()
  const { reply, fault } = stage.answer({ method, url, headers, body })
  if (settings.latencyMs > 0) await sleep(settings.latencyMs, null, { signal: stopped })
  await sendReply(response, reply, fault, context)
}
