/** What a request asks of the API. */
export type Route =
  | { readonly kind: 'list'; readonly query: URLSearchParams }
  | { readonly kind: 'get'; readonly id: string }
  | { readonly kind: 'start' }
  | { readonly kind: 'other' }

const LIST_PATH = '/api/v1/migrations'

export function routeOf(method: string, url: URL): Route {
  if (method === 'POST' && url.pathname === `${LIST_PATH}/start`) return { kind: 'start' }
  if (method !== 'GET') return { kind: 'other' }
  if (url.pathname === LIST_PATH) return { kind: 'list', query: url.searchParams }
  const name = url.pathname.startsWith(`${LIST_PATH}/`) ? url.pathname.slice(LIST_PATH.length + 1) : ''
  return name === '' || name.includes('/') ? { kind: 'other' } : { kind: 'get', id: decoded(name) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
