import { createBullBoard } from '@bull-board/api'
import type { BaseAdapter } from '@bull-board/api/baseAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { FastifyInstance } from 'fastify'

import { BOARD, isReading } from './access.ts'
import { sendProblem } from './problem.ts'

export interface QueueBoardDeps {
  /** The queues, to be looked at only; others where their connections were replaced. */
  readonly boardQueues: () => readonly BaseAdapter[]
}

/** Bull Board: what the queue is at. Nothing can be changed there, as all that matters stands in the database. */
export async function addQueueBoard(
  app: FastifyInstance,
  { boardQueues }: QueueBoardDeps,
  basePath: string,
): Promise<void> {
  const serverAdapter = new FastifyAdapter()
  serverAdapter.setBasePath(`${basePath}${BOARD}`)
  const uiConfig = { boardTitle: 'Landfall', hideRedisDetails: true }
  const board = createBullBoard({ queues: [], serverAdapter, options: { uiConfig } })
  let shown: readonly BaseAdapter[] = []
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', async (request, reply) => {
        if (!isReading(request)) return sendProblem(reply, 403, 'the queue can only be looked at')
        const queues = boardQueues()
        if (queues !== shown) board.replaceQueues(queues)
        shown = queues
      })
      await scope.register(serverAdapter.registerPlugin())
    },
    { prefix: BOARD },
  )
}
