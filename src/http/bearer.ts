import { createHash, timingSafeEqual } from 'node:crypto'

import type { FastifyInstance } from 'fastify'

import { sendProblem } from './problem.ts'

/** Lets only those in who know the token; null lets everybody in, as only this machine can reach the port then. */
export function requireBearer(app: FastifyInstance, token: string | null): void {
  if (token === null) return
  const expected = digest(token)
  app.addHook('onRequest', async (request, reply) => {
    const [, given = ''] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
    if (timingSafeEqual(digest(given), expected)) return
    await sendProblem(
      reply.header('www-authenticate', 'Bearer'),
      401,
      'Send authorization: Bearer LANDFALL_API_TOKEN',
    )
  })
}

/** Equally long whatever was given, as the comparison demands. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
