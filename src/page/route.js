import { signal } from '@preact/signals'

/**
 * Where one is: `#/migrations/acme/m1?phase=failed` is the path `['migrations', 'acme', 'm1']` with one filter.
 *
 * @typedef {{ path: string[], query: URLSearchParams }} Route
 */

/** @returns {Route | null} null for what is no address of a page, such as `#main` */
export function parseRoute(/** @type {string} */ hash) {
  if (hash !== '' && !hash.startsWith('#/')) return null
  const [path = '', query = ''] = hash.slice(2).split(/\?(.*)/s)
  try {
    const parts = path.split('/').map(decodeURIComponent)
    return { path: parts.filter((part) => part !== ''), query: new URLSearchParams(query) }
  } catch {
    return { path: ['%'], query: new URLSearchParams() }
  }
}

/**
 * @param {readonly string[]} path
 * @param {Record<string, string | null | undefined>} [filters] without those that are empty
 */
export function hrefTo(path, filters = {}) {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value)
  const tail = query.size === 0 ? '' : `?${query}`
  return `#/${path.map(encodeURIComponent).join('/')}${tail}`
}

export const route = signal(
  parseRoute(globalThis.location?.hash ?? '') ?? { path: [], query: new URLSearchParams() },
)

export function followAddress() {
  addEventListener('hashchange', readAddress)
}

function readAddress() {
  route.value = parseRoute(location.hash) ?? route.value
}

/**
 * Alters filters in the address, without an entry in the history; a cursor belongs to the filters it was made for.
 *
 * @param {Record<string, string>} change an empty value takes a filter away
 */
export function setFilters(change) {
  const { path, query } = route.value
  const { cursor: _, ...filters } = { ...Object.fromEntries(query), ...change }
  history.replaceState(null, '', hrefTo(path, filters))
  readAddress()
}
