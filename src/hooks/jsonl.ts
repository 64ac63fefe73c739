import { type FileHandle, open } from 'node:fs/promises'

import { type BodyFormat, encodeBody } from './body.ts'
import type { Sender } from './hook.ts'

export interface JsonlTarget {
  /** Absolute path of the file; its folder must be there. */
  readonly path: string
  readonly format: BodyFormat
}

const LINE_END = 10

/** Appends one line per event. */
export function createJsonlSender(): Sender<JsonlTarget> {
  return {
    send: async ({ path, format }, event, signal) => {
      signal.throwIfAborted()
      const startedAt = performance.now()
      try {
        await append(path, `${encodeBody(format, event).body}\n`)
        return { kind: 'accepted', durationMs: Math.round(performance.now() - startedAt) }
      } catch (error) {
        return { kind: 'failed', reason: `the file cannot be written (${codeOf(error)})` }
      }
    },
    close: async () => {},
  }
}

async function append(path: string, line: string): Promise<void> {
  // Only its owner may read what migrations are about.
  const file = await open(path, 'a+', 0o600)
  try {
    // In one write, which other processes' lines cannot come into.
    await file.write((await endsInLine(file)) ? line : `\n${line}`)
    // Accepted means that a power cut does not take it back.
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** A writer that was killed in the middle of a line must not spoil the next one. */
async function endsInLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return true
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === LINE_END
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
