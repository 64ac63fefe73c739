import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from './faults.ts'
import type { SimulatorSettings } from './options.ts'
import type { Reply } from './wire.ts'

export interface SendContext {
  readonly settings: Pick<SimulatorSettings, 'slowBodyMs' | 'hugeBodyBytes'>
  /** Aborted when the simulator stops. */
  readonly stopped: AbortSignal
}

const SLOW_PIECES = 20

/** Sends an answer as the fault lets it. Returns when nothing more will be written. */
export async function sendReply(
  response: ServerResponse,
  reply: Reply,
  fault: Fault | null,
  context: SendContext,
): Promise<void> {
  if (fault?.kind === 'slow_body') return sendSlowly(response, reply, context)
  if (fault?.kind === 'huge_body') return sendEndlessly(response, reply, context)
  if (fault?.kind === 'hang') return sendPart(response, reply, fault.form)
  if (fault?.kind === 'reset') return reset(response, reply, fault.form)
  response.writeHead(reply.statusCode, withLength(reply)).end(reply.body)
}

async function reset(response: ServerResponse, reply: Reply, form: string): Promise<void> {
  await sendPart(response, reply, form)
  // Once as a reset, else as an end that comes too early.
  if (form === 'silent') response.socket?.resetAndDestroy()
  else response.destroy()
}

/** Whether the fault keeps even the status line from being sent. */
export function isSilent(fault: Fault | null): boolean {
  return (fault?.kind === 'hang' || fault?.kind === 'reset') && fault.form === 'silent'
}

function withLength(reply: Reply): Record<string, string> {
  return { ...reply.headers, 'content-length': String(Buffer.byteLength(reply.body)) }
}

/** Promises the whole body and sends at most half of it. */
async function sendPart(response: ServerResponse, reply: Reply, form: string): Promise<void> {
  if (form === 'silent') return
  response.writeHead(reply.statusCode, withLength(reply))
  response.flushHeaders()
  if (form === 'headers') return
  const half = reply.body.slice(0, Math.ceil(reply.body.length / 2))
  await new Promise<void>((resolve) => response.write(half, () => resolve()))
}

async function sendSlowly(response: ServerResponse, reply: Reply, context: SendContext): Promise<void> {
  response.writeHead(reply.statusCode, withLength(reply))
  response.flushHeaders()
  const body = Buffer.from(reply.body)
  const pieceBytes = Math.max(1, Math.ceil(body.length / SLOW_PIECES))
  for (let sent = 0; sent < body.length; sent += pieceBytes) {
    await sleep(context.settings.slowBodyMs / SLOW_PIECES, null, { signal: context.stopped })
    if (response.destroyed) return
    response.write(body.subarray(sent, sent + pieceBytes))
  }
  response.end()
}

/** As fast as it is read, and no faster: the simulator's own memory stays small. */
async function sendEndlessly(response: ServerResponse, reply: Reply, context: SendContext): Promise<void> {
  const closed = AbortSignal.any([context.stopped, closeOf(response)])
  const piece = Buffer.from('{"object":"migration","id":"filler","status":"WORKING"},'.repeat(1000))
  response.writeHead(reply.statusCode, { 'content-type': 'application/json' })
  response.write('[')
  for (let sent = 0; sent < context.settings.hugeBodyBytes; sent += piece.length) {
    if (closed.aborted) return
    if (!response.write(piece)) await once(response, 'drain', { signal: closed })
  }
  response.end()
}

function closeOf(response: ServerResponse): AbortSignal {
  const closing = new AbortController()
  response.once('close', () => closing.abort())
  return closing.signal
}
