import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import { text } from './fields.ts'
import { sendProblem } from './problem.ts'

interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

type Hinted =
  | { readonly kind: 'forged'; readonly reason: string }
  | { readonly kind: 'noted' | 'known' | 'looked' | 'ignored' | 'repeated' }

export interface IngestDeps {
  /** Null where the account is not configured, or has no secret for it. */
  readonly takeHint: (account: string, received: Received) => Promise<Hinted | null>
}

const taken = z.object({ hint: z.enum(['noted', 'known', 'looked', 'ignored', 'repeated']) })

/** Webhooks of providers. Their signature is their token. */
export function addIngest(app: FastifyInstance, { takeHint }: IngestDeps): void {
  // The signature is over the bytes as they came.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  app.withTypeProvider<ZodTypeProvider>().post(
    '/ingest/:account',
    {
      schema: {
        operationId: 'takeHint',
        description: 'A webhook of the provider, signed as Svix does. It is a reason to look, never a fact.',
        security: [],
        params: z.object({ account: text }),
        response: { 200: taken },
      },
    },
    async ({ params: { account }, headers, body }, reply) => {
      const received = { headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }
      const hint = await takeHint(account, received)
      if (hint === null) return sendProblem(reply, 404, `no account ${account} takes webhooks`)
      if (hint.kind === 'forged') return sendProblem(reply, 401, `the signature is not good: ${hint.reason}`)
      return { hint: hint.kind }
    },
  )
}
