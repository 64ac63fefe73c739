/**
 * What the rest of Landfall sees of BullMQ. Jobs carry ids only: all they mean stands in Postgres, so any job may be
 * lost, doubled or late.
 */

/**
 * One API request to make: a `get` of one migration, the next list page of one of the account's walks, any page, or the
 * creation of a migration.
 */
export interface RequestJob {
  readonly kind: 'get' | 'sweep' | 'look' | 'page' | 'create'
  readonly account: string
  /** The row the request belongs to: a migration's or creation's key, or the account's name. For `page` its number, from 0. */
  readonly key: string
  /**
   * The claim's number; a job whose number is no longer the row's is stale and does nothing. For `page` the
   * millisecond in which it was chosen, so that it can be chosen again.
   */
  readonly claim: number
}

/** One attempt to deliver one event to one hook. */
export interface DeliveryJob {
  readonly deliveryId: string
  /** The trace that it belongs to. */
  readonly traceParent?: string | null
  /** The claim's number; a job whose number is no longer the row's is stale and does nothing. */
  readonly claim: number
}

/** An event for somebody else's worker. */
export interface OutwardJob {
  readonly id: string
  readonly name: string
  readonly data: object
}

/**
 * What this process does with jobs; a role that it does not have is left out. A handler that rejects is logged and its job
 * dropped: what is still due is planned again.
 */
export interface JobHandlers {
  /** The account's tick: choose the next requests. Comes with the other two; never runs beside itself in one process. */
  readonly plan?: (account: string) => Promise<void>
  /** The account's sweep is due: start a walk over all its pages. */
  readonly sweep?: (account: string) => Promise<void>
  /** Look whether migrations of the account have become overdue. */
  readonly overdue?: (account: string) => Promise<void>
  /** Remove what is older than it is to be kept. */
  readonly retention?: () => Promise<void>
  /** Its signal, and that of `deliver`, aborts when the process has no more time to wait for it. */
  readonly request?: (job: RequestJob, signal: AbortSignal) => Promise<void>
  readonly deliver?: (job: DeliveryJob, signal: AbortSignal) => Promise<void>
}

/** A repeating job for one account, or for all of the database. */
export type Schedule = { readonly everyMs: number } & Task

export type Task =
  | { readonly account: string; readonly task: 'plan' | 'sweep' | 'overdue' }
  | { readonly account: null; readonly task: 'retention' }

/** While the backend is out of reach, adding and counting reject within seconds; nothing is kept back to be added later. */
export interface JobQueue {
  /** A job whose id is in the queue already, waiting or at work, is not added again. */
  addRequests(jobs: readonly RequestJob[]): Promise<void>
  addDeliveries(jobs: readonly DeliveryJob[]): Promise<void>
  /**
   * Adds a job to a queue that others work on, under BullMQ's own prefix. Where a job with this id is still there, it is
   * not added again.
   */
  addOutwardJob(queue: string, job: OutwardJob): Promise<void>
  /** Jobs handed over and not yet taken up: how far the workers are behind. */
  waiting(queue: 'requests' | 'deliveries'): Promise<number>
  /**
   * Makes the stored schedules equal to these: adds, alters, and removes the others. Every process keeps them so from then
   * on, whatever becomes of the store. Where that takes long it resolves all the same, and they are stored when they can be.
   */
  setSchedules(schedules: readonly Schedule[]): Promise<void>
}
