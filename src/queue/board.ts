import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import type { Queue } from 'bullmq'

import { queueNames } from './names.ts'
import type { Session } from './session.ts'

const SAYS = {
  schedule: 'When accounts are planned, swept and looked over.',
  requests: 'One job is one request to a provider.',
  deliveries: 'One job is one attempt to deliver an event.',
}

/** The queues as Bull Board is to show them, always the same ones for the same connections; none without. */
export function createBoardQueues(session: () => Session | null): () => readonly BullMQAdapter[] {
  let shown: { readonly of: Session | null; readonly queues: readonly BullMQAdapter[] } = {
    of: null,
    queues: [],
  }
  return () => {
    const of = session()
    if (of !== shown.of) shown = { of, queues: of === null ? [] : adapt(of) }
    return shown.queues
  }
}

function adapt({ queues }: Session): BullMQAdapter[] {
  return queueNames.map(
    // Its type knows Redis only; what it does works with both.
    (name) =>
      new BullMQAdapter(queues[name] as unknown as Queue, { readOnlyMode: true, description: SAYS[name] }),
  )
}
