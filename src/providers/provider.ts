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
  | { readonly kind: 'throttled'; readonly statusCode: 403 | 429 | 503; readonly retryAfterMs: number | null }
  /** 401 or 403: the key is not accepted. */
  | { readonly kind: 'refused'; readonly statusCode: number }
  /**
   * No usable answer: no connection, a deadline, a 5xx, a redirect, a body that is not what was asked for.
   * `passing` tells whether trying again at once is worth a request, `rejected` that it was the request itself that
   * was not accepted (400, 413, 414, 416, 422).
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
  /** `runId`: the migration's current run, where the provider has runs and Landfall knows one. */
  get(migrationId: string, signal: AbortSignal, runId?: string | null): Promise<Answer<Reading>>
  /**
   * `page` counts from 0 here; the provider's own first index is the implementation's business. Missing where the
   * provider has no list: then Landfall's own migrations are all there is to watch.
   */
  list?(page: number, pageSize: number, signal: AbortSignal): Promise<Answer<Page>>
  /** A cheap request that shows whether the key is accepted, where there is no list that would. */
  check?(signal: AbortSignal): Promise<Answer<unknown>>
  /** Missing where migrations begin elsewhere. */
  readonly create?: Creating | undefined
  close(): Promise<void>
}

/** A provider whose migrations can be listed. */
export type ListedProvider = Provider & Required<Pick<Provider, 'list'>>

/** What a migration is to be made of, in the provider's own words; what they mean is the provider's to check. */
export type CreationRequest = Readonly<Record<string, unknown>>

export interface Creating {
  /** Whether the same external id, sent again, gives the same migration. Else a lost answer must never be asked for again. */
  readonly isRepeatable: boolean
  send(request: CreationRequest, externalId: string, signal: AbortSignal): Promise<Outcome<Created>>
}

export interface Created {
  readonly reading: Reading
  /** False where the provider had it already, under the same external id. */
  readonly isNew: boolean
}

/** What came of a request that changes something at the provider. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | Refused
  /** It never left this machine: it may be sent again. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** It may have been carried out, or not: no usable answer came. */
  | { readonly kind: 'lost'; readonly reason: string }

/** The provider said no, and why. */
export interface Refused {
  readonly kind: 'refused'
  readonly why: 'invalid' | 'unauthorized' | 'forbidden' | 'missing' | 'conflict' | 'throttled' | 'busy'
  readonly statusCode: number
  /** The provider's own words, or ours where it had none. */
  readonly message: string
  /** When to come back, where the provider said. */
  readonly retryAfterMs: number | null
  /** The run that is in the way (`conflict`), or those that are (`busy`). */
  readonly runIds: readonly string[]
}
