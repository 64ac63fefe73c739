import { createHash, timingSafeEqual } from 'node:crypto'

import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { findApiToken, hasApiTokens, type Scope } from '../store/api-tokens.ts'
import type { Db } from '../store/db.ts'
import { sendProblem } from './problem.ts'

export interface AccessDeps {
  readonly db: Db
  /** What operates, beside the stored tokens; null where only this machine reaches the server. */
  readonly apiToken: string | null
  readonly requestsPerMinute?: number
}

/** Who asks: a token by its name, or null where none is needed. */
interface Access {
  readonly token: string | null
  readonly scope: Scope
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until `requireAccess` has let the request in. */
    access: Access | null
  }
}

/** More than a page and a few scripts need. */
const REQUESTS_PER_MINUTE = 6_000
const WRONG_TOKENS_PER_MINUTE = 60
/** Where Bull Board is. */
export const BOARD = '/queue'

/**
 * Lets in who knows a token, as far as its scope goes, and not too often. Where none is set or stored everybody is let
 * in, as only this machine can reach the port then.
 */
export async function requireAccess(app: FastifyInstance, deps: AccessDeps): Promise<void> {
  await app.register(rateLimit, {
    max: deps.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    keyGenerator: ({ access, ip }) => (access?.token == null ? `address ${ip}` : `token ${access.token}`),
  })
  const countWrong = app.createRateLimit({ max: WRONG_TOKENS_PER_MINUTE, timeWindow: 60_000 })
  app.decorateRequest('access', null)
  app.addHook('onRequest', async (request, reply) => {
    const given = tokenOf(request)
    request.access = await findAccess(deps, given)
    if (request.access === null) {
      // Behind a proxy all share one address: others' wrong tokens must not keep anybody from being asked for theirs.
      if (given === null) return refuse(request, reply)
      const wrong = await countWrong(request)
      return wrong.isAllowed || !wrong.isExceeded
        ? refuse(request, reply)
        : refuseForNow(reply, wrong.ttlInSeconds)
    }
    if (request.access.scope === 'read' && !isReading(request)) {
      return sendProblem(reply, 403, 'this token only reads; a token of scope operate is needed')
    }
  })
}

/** Null where a token is needed and this is none. */
async function findAccess({ db, apiToken }: AccessDeps, given: string | null): Promise<Access | null> {
  if (given !== null && apiToken !== null && timingSafeEqual(digest(given), digest(apiToken))) {
    return { token: 'LANDFALL_API_TOKEN', scope: 'operate' }
  }
  const stored = given === null ? null : await findApiToken(db, given)
  if (stored !== null) return { token: `stored ${stored.name}`, scope: stored.scope }
  return (await needsToken({ db, apiToken })) ? null : { token: null, scope: 'operate' }
}

/** Whether a token is set or stored. */
export async function needsToken({ db, apiToken }: AccessDeps): Promise<boolean> {
  return apiToken !== null || (await hasApiTokens(db))
}

/** A bearer token, or the password of a browser that asks for one; the name given with it does not matter. */
function tokenOf({ headers: { authorization = '' } }: FastifyRequest): string | null {
  const [, scheme = '', given = ''] = /^(Bearer|Basic) (.+)$/i.exec(authorization) ?? []
  if (scheme === '') return null
  if (scheme.toLowerCase() === 'bearer') return given
  return Buffer.from(given, 'base64')
    .toString()
    .replace(/^[^:]*:/, '')
}

/** Equally long whatever was given, as the comparison demands. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

export const isReading = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD'

/** Whoever looks at the queue does so with a browser, which then asks for a password. */
function refuse({ url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.header('www-authenticate', url.startsWith(BOARD) ? 'Basic realm="Landfall"' : 'Bearer')
  return sendProblem(reply, 401, 'Send authorization: Bearer TOKEN, with LANDFALL_API_TOKEN or a stored one')
}

function refuseForNow(reply: FastifyReply, seconds: number): FastifyReply {
  void reply.header('retry-after', String(seconds))
  return sendProblem(reply, 429, 'too many wrong tokens came from this address')
}
