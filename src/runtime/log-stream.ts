import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { DestinationStream } from 'pino'

/** Lines wait here for a reader that is slow or has stalled; more are dropped. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024
const RETRY_MS = 20
const LAST_PATIENCE_MS = 1_000

export interface LogStream extends DestinationStream {
  /** At the end of the process: waits as long as the reader takes something at least once a second. */
  flushLast(): void
}

interface LogStreamOptions {
  /** Writes what it can at once, as `fs.writeSync` does on a descriptor that does not block. */
  readonly write: (bytes: Uint8Array) => number
  /** Everything that waited is written, after this many lines were dropped. */
  readonly onGap: (dropped: number) => void
  readonly maxWaitingBytes?: number
}

/**
 * Writes each line at once where the reader keeps up. Where it does not, lines wait in memory, and beyond
 * `maxWaitingBytes` they are dropped until all that waits is written. No write ever blocks: a thread that a stalled pipe
 * holds would also hold the end of the process.
 */
export function createLogStream(options: LogStreamOptions): LogStream {
  const { write, onGap, maxWaitingBytes = MAX_WAITING_BYTES } = options
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let gap = 0
  let noting: 'no' | 'yes' | 'failed' = 'no'
  let timer: NodeJS.Timeout | undefined

  function add(line: string): void {
    const bytes = Buffer.from(line)
    flush()
    if (gap > 0 || waitingBytes + bytes.length > maxWaitingBytes) drop(1)
    else {
      waiting.push(bytes)
      waitingBytes += bytes.length
      flush()
    }
  }

  function drop(lines: number): void {
    if (noting === 'no') gap += lines
    else noting = 'failed'
  }

  function flush(): void {
    if (!writeWaiting()) retryLater()
    else if (gap > 0 && noting === 'no') noteGap()
  }

  /** The line about the gap may itself meet a closed pipe; then it is written later, with what was dropped meanwhile. */
  function noteGap(): void {
    const lines = gap
    gap = 0
    noting = 'yes'
    onGap(lines)
    if (noting !== 'yes') gap = lines
    noting = 'no'
  }

  /** False where lines are left. */
  function writeWaiting(): boolean {
    try {
      for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
        const written = write(first)
        waitingBytes -= written
        if (written === first.length) waiting.shift()
        else waiting[0] = first.subarray(written)
      }
      return true
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === 'EAGAIN') return false
      // Nobody reads any more, or the disk is full. The next line tries again: a named pipe may get another reader.
      drop(waiting.length)
      waiting = []
      waitingBytes = 0
      return false
    }
  }

  function retryLater(): void {
    if (timer !== undefined || waiting.length === 0) return
    timer = setTimeout(() => {
      timer = undefined
      flush()
    }, RETRY_MS).unref()
  }

  const flushLast = () =>
    flushWithPatience(() => {
      flush()
      return waitingBytes
    })
  return { write: add, flushLast }
}

/** Until `flush` leaves nothing, or leaves the same for too long. */
function flushWithPatience(flush: () => number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  let untilMs = performance.now() + LAST_PATIENCE_MS
  let left = flush()
  while (left > 0 && performance.now() < untilMs) {
    Atomics.wait(pause, 0, 0, 5)
    const still = flush()
    if (still < left) untilMs = performance.now() + LAST_PATIENCE_MS
    left = still
  }
}

/** What writes to stdout or stderr without ever blocking, as far as the system allows. */
export function openWriter(name: 'stdout' | 'stderr'): (bytes: Uint8Array) => number {
  const fd = openWithoutBlocking(name)
  return (bytes) => writeSync(fd, bytes)
}

function openWithoutBlocking(name: 'stdout' | 'stderr'): number {
  const fd = name === 'stdout' ? 1 : 2
  try {
    const isPipe = fstatSync(fd).isFIFO()
    if (process.platform === 'linux' && (isPipe || isatty(fd))) {
      // Opened anew, so that the shell and others who write to the same pipe or terminal keep their mode.
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
      return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
    }
  } catch {
    // A pipe of another user may be written to but not opened.
  }
  // Node puts pipes and sockets into the mode that does not block when it makes this stream.
  void process[name]
  return fd
}
