import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

export interface SessionDeps {
  readonly apiToken: string | null
  readonly version: string
}

const session = z
  .object({ scope: z.enum(['read', 'operate']), token_required: z.boolean(), version: z.string() })
  .meta({ id: 'Session' })

/** What whoever asks may do; 401 where a token is needed. */
export function addSession(app: FastifyInstance, { apiToken, version }: SessionDeps): void {
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      '/api/v1/session',
      { schema: { operationId: 'getSession', response: { 200: session } } },
      async () => ({
        scope: 'operate' as const,
        token_required: apiToken !== null,
        version,
      }),
    )
}
