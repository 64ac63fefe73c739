import type { StatusMap } from '../domain/phase.ts'
import type { RateLimitHint } from '../domain/rate-limit-headers.ts'
import type { Reading } from '../domain/reading.ts'

/** One page of a provider's list. */
export interface Page {
  /**
   * Which page this really is, counted from 0. It is lower than the page asked for while the client still learns how
   * the provider counts: the readings are good, and the same page must be asked for again (at most twice).
   */
  readonly page: number
  readonly readings: readonly Reading[]
  /** Elements of the page's array, readable or not: what decides whether the page was full. */
  readonly size: number
  /** Elements that were no migration; they are counted and otherwise ignored. */
  readonly malformed: number
  /** What the envelope says of further pages; null where it says nothing. */
  readonly hasMore: boolean | null
}

/**
 * What a provider's answer means. Only `ok` carries facts about migrations; every other kind says something
 * about the provider or the way to it, and never changes a status.
 */
export type Answer<T> = Meaning<T> & {
  /** What the provider said of its own limit; good answers carry it too. */
  readonly rateLimit?: RateLimitHint | undefined
}

type Meaning<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** 404 (or 410) to a `get`: perhaps deleted, perhaps not there yet. */
  | { readonly kind: 'missing' }
  /** 429, or 503 with `Retry-After`: the whole account must wait. `retryAfterMs` is null where no header said how long. */
  | { readonly kind: 'throttled'; readonly statusCode: 429 | 503; readonly retryAfterMs: number | null }
  /** 401 or 403: the key is not accepted. */
  | { readonly kind: 'refused'; readonly statusCode: number }
  /**
   * No usable answer: no connection, a deadline, a 5xx, a redirect, a body that is not what was asked for.
   * `passing` tells whether trying again at once is worth a request, `rejected` that it was the request itself that
   * was not accepted (400, 413, 414, 422).
   */
  | {
      readonly kind: 'unusable'
      readonly reason: string
      readonly passing: boolean
      readonly rejected?: boolean | undefined
    }

/** A kind of API, bound to one account's address and key. */
export interface Provider {
  readonly kind: string
  readonly statusMap: StatusMap
  get(migrationId: string, signal: AbortSignal): Promise<Answer<Reading>>
  /** `page` counts from 0 here; the provider's own first index is the implementation's business. */
  list(page: number, pageSize: number, signal: AbortSignal): Promise<Answer<Page>>
  close(): Promise<void>
}
