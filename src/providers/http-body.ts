import type { Dispatcher } from 'undici'

import { headerOf, type ResponseHeaders, unusable } from './answers.ts'
import type { Answer } from './provider.ts'

/** The answer in the body of a 2xx, of which never more than `limit` bytes are held. */
export async function answerOfBody(
  response: Dispatcher.ResponseData,
  limit: number,
): Promise<Answer<unknown>> {
  const { headers, body } = response
  const encoding = headerOf(headers, 'content-encoding') ?? 'identity'
  const plain = encoding.trim().toLowerCase() === 'identity'
  const fits = Number(headerOf(headers, 'content-length') ?? 0) <= limit
  const bytes = plain && fits ? await readBody(body, limit) : null
  if (bytes !== null) return parseBody(bytes, headers)
  body.on('error', () => undefined).destroy()
  if (!plain) return unusable('body is compressed, though that was declined', false)
  return unusable(`body is larger than ${sizeText(limit)}`, false)
}

/** Null where the body is longer than the limit. */
export async function readBody(body: Dispatcher.ResponseData['body'], limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function parseBody(bytes: Buffer, headers: ResponseHeaders): Answer<unknown> {
  if (bytes.length === 0) return unusable('body is empty', false)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { kind: 'ok', value: JSON.parse(text) }
  } catch {
    const type = headerOf(headers, 'content-type')
      ?.split(';')[0]
      ?.replace(/[^\w.+/-]/g, '')
    const name = type === undefined || type === '' ? 'no type' : type.slice(0, 60)
    return unusable(`body is not JSON (${name}, ${sizeText(bytes.length)})`, false)
  }
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes >= 1024 * 1024) return `${Math.round((bytes / (1024 * 1024)) * 10) / 10} MiB`
  return `${Math.round(bytes / 100) / 10} kB`
}
