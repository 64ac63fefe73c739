import { signal } from '@preact/signals'

/** @import { Session } from './types.d.ts' */

/**
 * Whether the API lets one in, and to do what.
 *
 * @typedef {{ kind: 'asking' }
 *   | { kind: 'needed', wasRefused: boolean }
 *   | { kind: 'open', session: Session }
 *   | { kind: 'failed', error: Error }} Access
 */

const KEY = 'landfall-token'

/** Where nothing may be stored, the token lasts as long as the page. */
let token = readToken()

export const access = signal(/** @type {Access} */ ({ kind: 'asking' }))

/** How far the server's clock is ahead of this one. */
export const clockAheadMs = signal(0)

/** An answer that is none, or a problem; the message says what is wrong. */
export class RequestFailed extends Error {
  /** @param {number} status 0 where there was no answer */
  constructor(status, /** @type {string} */ message) {
    super(message)
    this.status = status
  }
}

export async function openSession() {
  try {
    access.value = { kind: 'open', session: await request('/session') }
  } catch (error) {
    if (access.value.kind !== 'needed') access.value = { kind: 'failed', error: /** @type {Error} */ (error) }
  }
}

/** @param {string} given */
export async function signIn(given) {
  token = given
  try {
    sessionStorage.setItem(KEY, given)
  } catch {}
  await openSession()
}

export function signOut() {
  forget()
  location.reload()
}

/**
 * The JSON of an answer; throws `RequestFailed` for anything but 2xx.
 *
 * @param {string} path below `/api/v1`
 * @param {{ method?: string, body?: object, signal?: AbortSignal }} [options]
 * @returns {Promise<any>}
 */
export async function request(path, { method = 'GET', body, signal } = {}) {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await send(path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  })
  noteClock(response.headers.get('date'))
  const answer = await response.json().catch(() => null)
  if (response.ok) return answer
  throw new RequestFailed(
    response.status,
    answer?.detail ?? answer?.title ?? `The answer was ${response.status}`,
  )
}

/**
 * @param {string} path
 * @param {{ method?: string, headers?: Record<string, string>, body?: string, signal?: AbortSignal }} init
 */
export async function send(path, { headers, ...init }) {
  const bearer = token === null ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`api/v1${path}`, { ...init, headers: { ...headers, ...bearer } }).catch(
    (err) => {
      if (init.signal?.aborted) throw err
      throw new RequestFailed(0, 'Landfall does not answer. Is its process running?')
    },
  )
  if (response.status === 401) {
    access.value = { kind: 'needed', wasRefused: token !== null }
    forget()
  }
  return response
}

function noteClock(/** @type {string | null} */ date) {
  const aheadMs = Date.parse(date ?? '') - Date.now()
  // The header has whole seconds.
  if (Math.abs(aheadMs) > 3_000) clockAheadMs.value = aheadMs
}

function readToken() {
  try {
    return globalThis.sessionStorage?.getItem(KEY) ?? null
  } catch {
    return null
  }
}

function forget() {
  token = null
  try {
    sessionStorage.removeItem(KEY)
  } catch {}
}
