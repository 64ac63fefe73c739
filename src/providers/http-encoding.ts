import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions, zstdDecompress } from 'node:zlib'

import { headerOf, type ResponseHeaders } from './answers.ts'

export type Unpacked =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** Cut off, or not what the header says. */
  | { readonly kind: 'broken'; readonly encoding: string }
  | { readonly kind: 'unknown'; readonly encoding: string }

type Unpack = (bytes: Buffer, options: Pick<ZlibOptions, 'maxOutputLength'>) => Promise<Buffer>

const unzlib: Unpack = promisify(inflate)
const unraw: Unpack = promisify(inflateRaw)
/** Some servers call it deflate and leave its header out. */
const undeflate: Unpack = (bytes, options) =>
  ((bytes[0] ?? 0) & 0x0f) === 8 ? unzlib(bytes, options) : unraw(bytes, options)
const ungzip: Unpack = promisify(gunzip)

const ENCODINGS = new Map<string, Unpack>([
  ['gzip', ungzip],
  ['x-gzip', ungzip],
  ['deflate', undeflate],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
])
/** No server means more than this by it. */
const MOST_LAYERS = 3

/** A body as it was before it was compressed; compression is declined, and done all the same by some servers and CDNs. */
export async function unpack(packed: Buffer, headers: ResponseHeaders, limit: number): Promise<Unpacked> {
  const names = (headerOf(headers, 'content-encoding') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  let bytes = packed
  for (const [layer, name] of names.reverse().entries()) {
    const encoding = name.replace(/[^\w.-]/g, '').slice(0, 30)
    const undo = ENCODINGS.get(name)
    if (undo === undefined || layer >= MOST_LAYERS) return { kind: 'unknown', encoding }
    try {
      bytes = await undo(bytes, { maxOutputLength: limit })
    } catch (cause) {
      const isTooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE'
      return isTooLarge ? { kind: 'too_large' } : { kind: 'broken', encoding }
    }
  }
  return { kind: 'bytes', bytes }
}
