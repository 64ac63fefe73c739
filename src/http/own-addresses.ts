import type { IncomingHttpHeaders } from 'node:http'

import type { FastifyInstance } from 'fastify'

import { isLoopback } from '../runtime/loopback.ts'
import { type AccessDeps, isReading, needsToken } from './access.ts'
import { sendProblem } from './problem.ts'

export interface OwnAddressDeps extends AccessDeps {
  /** Where people reach the page, without a slash at the end; null where that is the address it listens on. */
  readonly publicUrl: string | null
}

const FOREIGN_HOST =
  'Without a token, Landfall answers only as localhost, as a loopback address, or as the host of LANDFALL_PUBLIC_URL. ' +
  'Set LANDFALL_PUBLIC_URL to the address you use, or set LANDFALL_API_TOKEN.'
const FORWARDED =
  'A proxy forwarded this request from another machine, and Landfall has no token. Set LANDFALL_API_TOKEN.'

/**
 * Where no token is needed, refuses requests under a name that is not this server's: whoever owns a name can make it
 * lead to this machine, and a browser then shows their page what Landfall answers. Also refuses what a proxy forwards
 * from another machine, for only this machine may do without a token. Forwarded headers are believed no further: they
 * close, and never open.
 */
export function refuseForeignHosts(app: FastifyInstance, deps: OwnAddressDeps): void {
  const publicName = deps.publicUrl === null ? null : new URL(deps.publicUrl).hostname
  app.addHook('onRequest', async ({ headers }, reply) => {
    const reason = whyForeign(headers, publicName)
    if (reason !== null && !(await needsToken(deps))) return sendProblem(reply, 403, reason)
  })
}

function whyForeign(headers: IncomingHttpHeaders, publicName: string | null): string | null {
  const names = [headers.host ?? '', ...itemsOf(headers['x-forwarded-host'])].map(hostnameOf)
  if (names.some((name) => !isOwnName(name) && name !== publicName)) return FOREIGN_HOST
  return forwardedFor(headers).every(isLoopback) ? null : FORWARDED
}

function isOwnName(name: string): boolean {
  return isLoopback(name) || name.endsWith('.localhost')
}

/** Without port and last dot, and spelled as browsers spell it; empty where it is no host. */
function hostnameOf(host: string): string {
  if (!/^[\w.:[\]-]+$/.test(host)) return ''
  return URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '') ?? ''
}

/** Whom proxies say that they forward for. */
function forwardedFor(headers: IncomingHttpHeaders): string[] {
  const standard = itemsOf(headers.forwarded).flatMap((item) =>
    [...item.matchAll(/(?:^|;)\s*for=([^;]*)/gi)].map(([, address = '']) => address.replaceAll('"', '')),
  )
  const addresses = [...itemsOf(headers['x-forwarded-for']), ...itemsOf(headers['x-real-ip']), ...standard]
  // `203.0.113.9:4711` and `[2001:db8::1]:4711` come with a port, `2001:db8::1` without.
  return addresses.map((address) => address.replace(/^(\[.*\]|[^:]*):\d+$/, '$1'))
}

function itemsOf(header: string | string[] | undefined): string[] {
  const items = [header ?? []].flat().flatMap((value) => value.split(','))
  return items.map((item) => item.trim()).filter((item) => item !== '')
}

/** A browser sends what any page tells it to. What changes something is therefore taken only from this server's pages. */
export function refuseForeignPages(app: FastifyInstance, { publicUrl }: OwnAddressDeps): void {
  const publicOrigin = publicUrl === null ? null : new URL(publicUrl).origin
  app.addHook('onRequest', async (request, reply) => {
    const { headers, access } = request
    if (isReading(request) || headers.origin === undefined || headers.origin === publicOrigin) return
    if (isSameOrigin(headers.origin, headers, access?.token != null)) return
    return sendProblem(
      reply,
      403,
      'The request comes from a web page of another origin. Where it is this server’s page behind a proxy, set ' +
        'LANDFALL_PUBLIC_URL to its address.',
    )
  })
}

/** A proxy may have changed `Host`. A browser that calls a page the same origin knows, but not of names that were rebound. */
function isSameOrigin(text: string, headers: IncomingHttpHeaders, knowsToken: boolean): boolean {
  const origin = URL.parse(text)
  // The origin's scheme decides which port may be left out.
  if (origin !== null && URL.parse(`${origin.protocol}//${headers.host}`)?.host === origin.host) return true
  const isSafeName = knowsToken || (origin !== null && isOwnName(hostnameOf(origin.host)))
  return headers['sec-fetch-site'] === 'same-origin' && isSafeName
}
