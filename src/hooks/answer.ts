import type { Dispatcher } from 'undici'

/** What was read of an answer's body, and what broke it off, if anything did. */
export interface ReadBody {
  readonly text: string
  readonly trouble: Error | null
}

const MAX_BODY_BYTES = 64 * 1024
const MAX_EXCERPT_CHARACTERS = 500
/** A shorter word is likely to stand in an answer by chance, and too short to be a secret. */
const MIN_SECRET_CHARACTERS = 6

/** Reads at most 64 KiB and drops the rest with its connection: a receiver must not fill our memory. */
export async function readBody(body: Dispatcher.ResponseData['body']): Promise<ReadBody> {
  const chunks: Buffer[] = []
  let size = 0
  let trouble: Error | null = null
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= MAX_BODY_BYTES) break
    }
  } catch (error) {
    trouble = error instanceof Error ? error : new Error('broken answer', { cause: error })
  }
  return { text: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8'), trouble }
}

/**
 * The start of an answer, fit for a log line and a text column: no control characters, none of our secrets (receivers
 * like to repeat the URL they were called with).
 */
export function excerptOf(text: string, url: URL | null, secrets: readonly string[]): string {
  let clean = text
  for (const word of secretWords(url, secrets)) clean = clean.replaceAll(word, '[redacted]')
  clean = clean.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return Array.from(clean.slice(0, 2 * MAX_EXCERPT_CHARACTERS))
    .slice(0, MAX_EXCERPT_CHARACTERS)
    .join('')
}

function secretWords(url: URL | null, secrets: readonly string[]): string[] {
  const words = [...(url === null ? [] : queryWords(url)), ...secrets]
  // The longest first, or a part would be cut out of the whole and leave the rest.
  return words.filter((word) => word.length >= MIN_SECRET_CHARACTERS).sort((a, b) => b.length - a.length)
}

function queryWords(url: URL): string[] {
  const query = url.search.slice(1)
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1))
  return [query, ...values, ...url.searchParams.values()]
}
