const MOST_BYTES = 16 * 1024
const DEEPEST = 32

/** What of a provider's fields can be kept; nothing where that would be too much to keep with every migration. */
export function storable(fields: readonly [string, unknown][]): Readonly<Record<string, unknown>> {
  const attributes = Object.fromEntries(fields.filter(isStorable))
  return Buffer.byteLength(JSON.stringify(attributes)) <= MOST_BYTES ? attributes : {}
}

/** Postgres' jsonb takes no NUL, no half surrogate pair (JSON writes both as escapes) and no bottomless nesting. */
function isStorable([name, value]: [string, unknown]): boolean {
  if (value === undefined || isDeeper(value, DEEPEST)) return false
  return !/\\u(?:0000|d[89a-f])/i.test(JSON.stringify([name, value]))
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
