import type { FastifyError, FastifyReply } from 'fastify'

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request cannot be understood',
  401: 'A bearer token is needed',
  403: 'That is not for web pages of others',
  404: 'There is no such thing',
  409: 'That does not go with what is there',
}

/** RFC 9457. */
export function sendProblem(reply: FastifyReply, status: number, detail?: string): FastifyReply {
  const title = TITLES[status] ?? (status < 500 ? TITLES[400] : 'Something went wrong here')
  const problem = { type: 'about:blank', title, status, detail }
  return reply.code(status).type('application/problem+json').send(problem)
}

/** What is wrong with a request that did not get as far as its route; null where it is not the request's fault. */
export function problemOfRequest({ statusCode = 500, code }: FastifyError): [number, string] | null {
  if (statusCode < 400 || statusCode > 499) return null
  return [statusCode, DETAILS[code] ?? 'the body is no JSON']
}

/** The errors' own words may repeat what was sent. */
const DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'send the body as content-type: application/json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'there is no body; leave out content-type, or send {}',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is larger than 1 MiB',
  FST_ERR_BAD_URL: 'the path is not well percent-encoded',
}
