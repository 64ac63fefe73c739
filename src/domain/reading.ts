import type { Phase } from './phase.ts'

/** How a migration's status was seen. */
export type Via = 'get' | 'list'

/** One migration as a provider's answer showed it. */
export interface Reading {
  /** The provider's id: an opaque string. */
  readonly migrationId: string
  /** Verbatim as the provider spells it. */
  readonly status: string
  readonly phase: Phase
  /** RFC 3339 in UTC with the provider's own precision (up to microseconds), or null. */
  readonly createdAt: string | null
  readonly companyId: string | null
  readonly createdByUserId: string | null
  /** Whatever else the provider's object holds. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** What a person is asked for, where the provider says; told with `migration.needs_input`. */
  readonly needs?: Readonly<Record<string, unknown>> | undefined
}

/** A reading and when it was made, on the database's clock. */
export interface Observation extends Reading {
  readonly via: Via
  /** The moment before the request was sent: the status was true at some time after it. */
  readonly requestedAt: Date
  /** The moment the answer was complete. */
  readonly receivedAt: Date
}
