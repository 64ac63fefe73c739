import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { homedir } from 'node:os'
import type { Readable, Writable } from 'node:stream'

import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import type { OutgoingEvent } from '../domain/outgoing-event.ts'
import { excerptOf } from './answer.ts'
import { type BodyFormat, encodeBody } from './body.ts'
import type { Sender } from './hook.ts'

export interface CommandTarget {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[]
  readonly timeoutMs: number
  readonly format: BodyFormat
}

type Program = ChildProcessByStdio<Writable, Readable, Readable>

/** How a program ended: its exit code, or why it has none. */
interface Ending {
  readonly code: number | null
  readonly reason: string
}

const MAX_OUTPUT_BYTES = 64 * 1024
/** A program that does not heed SIGTERM is killed after this time. */
const KILL_AFTER_MS = 1_000
/** What a program that has ended left open may keep its output from ending. */
const OUTPUT_GRACE_MS = 300
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The event goes to the program's stdin; exit code 0 accepts it. */
export function createCommandSender(): Sender<CommandTarget> {
  return {
    send: async ({ command, timeoutMs, format }, event, signal) => {
      signal.throwIfAborted()
      const startedAt = performance.now()
      const program = start(command, event)
      const output = createOutput(program)
      // A program need not read what it gets.
      program.stdin.on('error', () => {})
      program.stdin.end(`${encodeBody(format, event).body}\n`)

      const { code, reason } = await endOf(program, output, timeoutMs, signal)
      signal.throwIfAborted()
      if (code === 0) return { kind: 'accepted', durationMs: Math.round(performance.now() - startedAt) }
      return failed(reason, output.text())
    },
    close: async () => {},
  }
}

function start([program = '', ...args]: readonly string[], event: OutgoingEvent): Program {
  return spawn(program, args, {
    // Nothing of our own environment, where secrets are.
    env: { PATH, HOME: homedir(), LANDFALL_EVENT_ID: event.id, LANDFALL_EVENT_TYPE: event.type },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that what it starts ends with it.
    detached: true,
  })
}

async function endOf(
  program: Program,
  output: Output,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>()
  const stop = (reason: string) => {
    killGroup(program.pid, 'SIGTERM')
    setTimeout(() => {
      killGroup(program.pid, 'SIGKILL')
      resolve({ code: null, reason })
    }, KILL_AFTER_MS)
    program.once('exit', () => resolve({ code: null, reason }))
  }
  const timer = setTimeout(() => stop(`did not end within ${timeoutMs} ms`), timeoutMs)
  const onAbort = () => stop('was stopped')
  signal.addEventListener('abort', onAbort)
  output.onOverflow(() => stop(`wrote more than ${MAX_OUTPUT_BYTES / 1024} KiB`))

  program.once('error', (error) => resolve({ code: null, reason: `cannot be started (${codeOf(error)})` }))
  program.once('exit', (code, by) => {
    const end = () => resolve({ code, reason: code === null ? `was ended by ${by}` : `exited with ${code}` })
    program.once('close', end)
    setTimeout(end, OUTPUT_GRACE_MS).unref()
  })
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    for (const stream of [program.stdin, program.stdout, program.stderr]) stream.destroy()
  }
}

interface Output {
  text(): string
  onOverflow(callback: () => void): void
}

/** The start of what the program writes, on stdout and stderr together. */
function createOutput(program: Program): Output {
  const chunks: Buffer[] = []
  let size = 0
  let overflow = () => {}
  const take = (chunk: Buffer) => {
    if (size > MAX_OUTPUT_BYTES) return
    chunks.push(chunk.subarray(0, MAX_OUTPUT_BYTES - size))
    size += chunk.length
    if (size > MAX_OUTPUT_BYTES) overflow()
  }
  program.stdout.on('data', take)
  program.stderr.on('data', take)
  return {
    text: () => Buffer.concat(chunks).toString('utf8'),
    onOverflow: (callback) => {
      overflow = callback
    },
  }
}

function failed(reason: string, output: string): AttemptOutcome {
  const excerpt = excerptOf(output, null, [])
  return { kind: 'failed', reason: `the program ${reason}${excerpt === '' ? '' : `: ${excerpt}`}` }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // All of it has ended already.
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
