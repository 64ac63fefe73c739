import type { Readable } from 'node:stream'
import { request } from 'undici'

import type { SignedFile } from './actions.ts'

export type Uploaded = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly reason: string }

/** Puts a file where its signed address says. The address is the permission: nothing else, least of all the key, goes along. */
export async function uploadFile(
  { url, contentType }: SignedFile,
  { body, size }: { readonly body: Readable; readonly size: number },
  signal: AbortSignal,
): Promise<Uploaded> {
  const { protocol, hostname } = new URL(url)
  const isSafe =
    protocol === 'https:' || (protocol === 'http:' && /^(127\.|localhost$|\[::1\])/.test(hostname))
  if (!isSafe) return { kind: 'failed', reason: 'its address is not an https one' }
  const headers = {
    'content-length': String(size),
    'content-type': contentType ?? 'application/octet-stream',
  }
  try {
    const response = await request(url, { method: 'PUT', headers, body, signal })
    await response.body.dump()
    const { statusCode } = response
    if (statusCode >= 200 && statusCode < 300) return { kind: 'done' }
    return { kind: 'failed', reason: `the storage answered ${statusCode}` }
  } catch (cause) {
    // The address is a secret: no message that holds it is passed on.
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    return { kind: 'failed', reason: signal.aborted ? 'stopped' : `the connection failed (${code})` }
  }
}
