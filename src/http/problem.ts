import type { FastifyReply } from 'fastify'

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request cannot be understood',
  401: 'A bearer token is needed',
  404: 'There is no such thing',
}

/** RFC 9457. */
export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const problem = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Something went wrong here',
    status,
    detail,
  }
  return reply.code(status).type('application/problem+json').send(problem)
}
