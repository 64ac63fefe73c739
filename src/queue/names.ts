import type { DeliveryJob, RequestJob, Task } from './queue.ts'

export const queueNames = ['schedule', 'requests', 'deliveries'] as const
export type QueueName = (typeof queueNames)[number]

/** Braces make a Redis cluster keep all keys in one slot, which BullMQ's scripts need. */
export const redisPrefix = '{landfall}'
/** Where a worker looks that was told no prefix. */
export const outwardPrefix = 'bull'

/** BullMQ refuses ids with a colon and ids of digits only; the word in front takes care of the second. */
export function requestJobId(job: RequestJob): string {
  const key = job.kind === 'page' ? `${job.account}-${job.key}` : job.key
  return `${job.kind}-${key}-${job.claim}`
}

export function deliveryJobId(job: DeliveryJob): string {
  return `deliver-${job.deliveryId}-${job.claim}`
}

export function scheduleId({ task, account }: Task): string {
  return account === null ? task : `${task}-${account}`
}
