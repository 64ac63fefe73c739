import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

import { SCOPES } from '../store/api-tokens.ts'

const session = z
  .object({ scope: z.enum(SCOPES), token_required: z.boolean(), version: z.string() })
  .meta({ id: 'Session' })

/** What whoever asks may do; 401 where a token is needed. */
export function addSession(app: FastifyInstance, { version }: { readonly version: string }): void {
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      '/api/v1/session',
      { schema: { operationId: 'getSession', response: { 200: session } } },
      async ({ access }) => ({
        scope: access?.scope ?? 'read',
        token_required: access?.token != null,
        version,
      }),
    )
}
