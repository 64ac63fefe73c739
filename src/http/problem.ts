import type { FastifyError, FastifyReply } from 'fastify'
import { z } from 'zod'

import { describeIssues } from '../runtime/describe-issues.ts'

const TITLES: Readonly<Record<number, string>> = {
  401: 'A token is needed',
  403: 'That is not allowed',
  404: 'There is no such thing',
  409: 'That does not go with what is there',
  429: 'Too many requests',
  502: 'The provider gave no usable answer',
  503: 'Not at present',
}

/** RFC 9457. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
})

export function sendProblem(reply: FastifyReply, status: number, detail?: string): FastifyReply {
  const title =
    TITLES[status] ?? (status < 500 ? 'The request cannot be understood' : 'Something went wrong here')
  const told: z.input<typeof problem> = { type: 'about:blank', title, status, detail }
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer((value: unknown) => JSON.stringify(value))
    .send(told)
}

/** What is wrong with a request that did not get as far as its route; null where it is not the request's fault. */
export function problemOfRequest(err: FastifyError): [number, string] | null {
  const { statusCode = 500, code, validationContext } = err
  if (statusCode < 400 || statusCode > 499) return null
  if (statusCode === 429) return [429, 'slow down; retry-after says when to go on']
  if (err instanceof z.ZodError) {
    return [400, describeIssues(err, validationContext === 'body' ? 'the body' : 'the query')]
  }
  return [statusCode, DETAILS[code] ?? 'the body is no JSON']
}

/** The errors' own words may repeat what was sent. */
const DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'send the body as content-type: application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'there is no body; leave out content-type, or send {}',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is larger than 1 MiB',
  FST_ERR_BAD_URL: 'the path is not well percent-encoded',
}
