import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { OpenAPIV3_1 } from 'openapi-types'
import { z } from 'zod'

import { problem } from './problem.ts'

/** Describes every route that is added after it, from the schemas that the route checks requests and answers by. */
export async function describeApi(
  app: FastifyInstance,
  { version, publicUrl }: { readonly version: string; readonly publicUrl: string | null },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Landfall',
        version,
        description: 'Tracks long-running data migrations in someone else’s API until they land.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      ...(publicUrl !== null && { servers: [{ url: publicUrl }] }),
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      // Where no token is set, none is asked for.
      security: [{ token: [] }, {}],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => finish(jsonSchemaTransformObject(document) as OpenAPIV3_1.Document),
  })
}

export function addDescription(app: FastifyInstance): void {
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}

/** Every operation may answer with a problem. */
function finish(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  for (const item of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(item ?? {})) {
      if (isOperation(operation)) operation.responses['default'] = { $ref: '#/components/responses/Problem' }
    }
  }
  const { $schema: _, ...schema } = z.toJSONSchema(problem)
  const content = { 'application/problem+json': { schema: schema as OpenAPIV3_1.SchemaObject } }
  const responses = { Problem: { description: 'What was wrong, as RFC 9457 says it.', content } }
  // The forms of what is sent have no names; those that answers have are listed a second time for it.
  const schemas = Object.entries(document.components?.schemas ?? {}).filter(
    ([name]) => !name.endsWith('Input'),
  )
  return {
    ...document,
    components: { ...document.components, responses, schemas: Object.fromEntries(schemas) },
  }
}

type Operation = { responses: Record<string, unknown> }

const isOperation = (value: unknown): value is Operation =>
  typeof value === 'object' && value !== null && 'responses' in value
