/** A number of JSON whose digits no `number` can hold. `JSON.stringify` writes it as it came. */
interface RawNumber {
  readonly rawJSON: string
}

/** What the JSON of Node 22 has, and TypeScript's library does not name yet. */
const exact = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(source: string): RawNumber
  isRawJSON(value: unknown): value is RawNumber
}

/** Below 16 digits every integer is exact. */
const LONG_NUMBER = /\d{16}/
/** Postgres' numeric takes so many digits and more. */
const LONG_INTEGER = /^-?\d{16,100}$/

/** `JSON.parse`, except that integers beyond 2^53 keep their digits: many providers' ids are such numbers. */
export function parseExactJson(text: string): unknown {
  // A reviver is called for every value, so that most bodies are spared it.
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  return exact.parse(text, (_key, value, { source }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    return source !== undefined && LONG_INTEGER.test(source) ? exact.rawJSON(source) : value
  })
}

/** The digits of an integer in JSON, of any length; null for anything else, and for what has lost digits. */
export function integerText(value: unknown): string | null {
  if (exact.isRawJSON(value)) return value.rawJSON
  return Number.isSafeInteger(value) ? String(value) : null
}
