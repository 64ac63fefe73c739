import type { Dispatcher } from 'undici'

import { parseExactJson } from '../domain/exact-json.ts'
import { headerOf, type ResponseHeaders, unusable } from './answers.ts'
import { unpack } from './http-encoding.ts'
import type { Answer } from './provider.ts'

/** A 204 has no body to look at: `undefined`, which no JSON is. */
const NO_CONTENT = { kind: 'ok', value: undefined } as const

/** The answer in the body of a 2xx, of which never more than `limit` bytes are held, packed or unpacked. */
export async function answerOfBody(
  response: Dispatcher.ResponseData,
  limit: number,
): Promise<Answer<unknown>> {
  const { headers, body, statusCode } = response
  const fits = Number(headerOf(headers, 'content-length') ?? 0) <= limit
  const packed = fits ? await readBody(body, limit) : null
  if (packed === null) {
    body.on('error', () => undefined).destroy()
    return tooLarge(limit)
  }
  if (packed.length === 0) return statusCode === 204 ? NO_CONTENT : unusable('body is empty', false)
  const unpacked = await unpack(packed, headers, limit)
  switch (unpacked.kind) {
    case 'bytes':
      return parseBody(unpacked.bytes, headers)
    case 'too_large':
      return tooLarge(limit)
    case 'unknown':
      return unusable(`body has a content encoding that is not known (${unpacked.encoding})`, false)
    case 'broken':
      return unusable(`body is cut off or broken (${unpacked.encoding}, ${sizeText(packed.length)})`, true)
    default:
      return unpacked satisfies never
  }
}

function tooLarge(limit: number): Answer<never> {
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
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { kind: 'ok', value: parseExactJson(text) }
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
