import { wireEnvelope } from './wire.ts'

export type ListFound =
  | { readonly kind: 'list'; readonly elements: readonly unknown[]; readonly hasMore: boolean | null }
  | { readonly kind: 'none'; readonly reason: string }

const USUAL_NAMES = ['data', 'items', 'results', 'migrations']

/** Finds the list in a body. Anon does not document its envelope, so all usual ones are accepted. */
export function listOf(body: unknown): ListFound {
  if (Array.isArray(body)) return { kind: 'list', elements: body, hasMore: null }
  if (typeof body !== 'object' || body === null)
    return { kind: 'none', reason: 'the body is neither list nor object' }

  const arrays = Object.entries(body).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
  const usual = USUAL_NAMES.flatMap((name) => arrays.filter(([key]) => key === name))
  const found = [...usual, ...arrays].find(([, elements]) => elements.some(looksLikeMigration)) ?? usual[0]
  if (found) return { kind: 'list', elements: found[1], hasMore: hasMoreOf(body) }
  return { kind: 'none', reason: `no list among the body's fields (${namesOf(body)})` }
}

function looksLikeMigration(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, 'id') || ('object' in value && value.object === 'migration')
}

/**
 * What the envelope claims of further pages; a claim that there are some weighs more. A `total` is not believed: some
 * providers mean the rows of this page by it.
 */
function hasMoreOf(body: object): boolean | null {
  const { has_more: hasMore, next } = wireEnvelope.parse(body)
  const hasNext = next === undefined ? undefined : next !== null && next !== false && next !== ''
  return hasMore === true || hasNext === true ? true : (hasMore ?? hasNext ?? null)
}

/** Names only: values may be anybody's data. */
function namesOf(body: object): string {
  const names = Object.keys(body)
  const shown = names.slice(0, 8).map((name) => name.slice(0, 30).replace(/[^\w.-]/g, '?'))
  return shown.length === 0 ? 'it has none' : `${shown.join(', ')}${names.length > 8 ? ', …' : ''}`
}
