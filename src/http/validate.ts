import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'

/** No body counts as an empty one. What is wrong is told by `problemOfRequest`. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const whole = (data: unknown) => (httpPart === 'body' ? (data ?? {}) : data)
  return (data) => {
    const read = schema.safeParse(whole(data))
    return read.success ? { value: read.data } : { error: read.error }
  }
}
