import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONTROL_PREFIX, controlReply } from './control.ts'
import { DEFAULTS, type SimulatorOptions, type SimulatorSettings } from './options.ts'
import { sendReply } from './send.ts'
import { createStage, type Stage } from './stage.ts'
import { jsonReply } from './wire.ts'

/**
 * An Anon Migrations API that behaves, and misbehaves, as told. Another process steers it under `/_simulator/` with
 * `GET truth`, `GET requests`, `GET health`, `POST faults`, `POST delete` and `POST freeze`; `control.ts` has the details.
 */
export interface Simulator extends Omit<Stage, 'answer'> {
  /** Listens; the first time also starts the world's clock. After a `stop`: the same world on the same port. */
  start(): Promise<{ readonly url: string }>
  /** Closes every connection, also those left hanging. May come twice, and before `start`. */
  stop(): Promise<void>
}

export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const settings = { ...DEFAULTS, ...options }
  const { answer, ...controls } = createStage(settings)
  const stage = { answer, ...controls }
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

  return { ...controls, start, stop }
}

interface Running {
  readonly port: number
  close(): Promise<void>
}

async function listen(stage: Stage, settings: SimulatorSettings, port: number): Promise<Running> {
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
  readonly stage: Stage
  readonly settings: SimulatorSettings
  readonly stopped: AbortSignal
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  context: ServeContext,
): Promise<void> {
  const { stage, settings, stopped } = context
  const method = request.method ?? 'GET'
  const url = URL.parse(`http://simulator${request.url ?? '/'}`)
  if (!url) return sendReply(response, jsonReply({}, 400), null, context)
  if (url.pathname.startsWith(CONTROL_PREFIX)) {
    const reply = controlReply(method, url, await text(request), stage)
    return sendReply(response, reply, null, context)
  }
  request.resume()
  const { reply, fault } = stage.answer({ method, url, authorization: request.headers.authorization })
  if (settings.latencyMs > 0) await sleep(settings.latencyMs, null, { signal: stopped })
  await sendReply(response, reply, fault, context)
}
