import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'

import { describeIssues } from '../runtime/describe-issues.ts'
import { sendProblem } from './problem.ts'

/** The body as its schema reads it, no body being an empty one; null where the answer has said what is wrong with it. */
export async function parseBody<T>(
  schema: z.ZodType<T>,
  { body }: FastifyRequest,
  reply: FastifyReply,
): Promise<T | null> {
  const parsed = schema.safeParse(body ?? {})
  if (parsed.success) return parsed.data
  await sendProblem(reply, 400, describeIssues(parsed.error))
  return null
}
