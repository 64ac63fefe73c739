import { isIP } from 'node:net'

import type { FastifyInstance, FastifyRequest } from 'fastify'

import { isReading } from './access.ts'
import { sendProblem } from './problem.ts'

/**
 * A browser sends what any page tells it to, also to this machine. What changes something is therefore taken only from
 * pages of this server, and where no token is asked for only under a name that leads to this machine for certain.
 */
export function refuseForeignPages(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isReading(request)) return
    const { origin } = request.headers
    if (origin !== undefined && URL.parse(origin)?.host !== request.headers.host) {
      await sendProblem(reply, 403, 'the request comes from a web page of another origin')
    } else if (request.access?.token == null && !isLocal(request)) {
      await sendProblem(
        reply,
        403,
        'without LANDFALL_API_TOKEN, address this server as localhost or by its number',
      )
    }
  })
}

/** A name may be made to lead here by whoever owns it; an address cannot. */
function isLocal({ hostname }: FastifyRequest): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return bare === 'localhost' || isIP(bare) > 0
}
