/** Everything the outside world can be told; the names are public interface. */
export const EVENT_TYPES = [
  /** A migration was seen for the first time. */
  'migration.discovered',
  /** Any transition. */
  'migration.status_changed',
  /** A transition into phase `succeeded`. */
  'migration.completed',
  /** A transition into phase `partial`. */
  'migration.completed_with_failures',
  /** A transition into phase `failed`. */
  'migration.failed',
  /** A transition into phase `abandoned`. */
  'migration.abandoned',
  /** A transition into phase `needs_input`. */
  'migration.needs_input',
  /** A migration stayed in its phase longer than the account's `overdue_after` allows. */
  'migration.overdue',
  /** A transition from a terminal phase back to a live one. */
  'migration.reopened',
  /** The provider no longer knows the migration, confirmed several times. */
  'migration.vanished',
  /** A status that no map names was seen for the first time. */
  'migration.unknown_status',
  /** The account's first full sweep is done. */
  'account.baseline_completed',
  /** The provider no longer accepts the account's key. */
  'account.suspended',
  /** The provider accepts the account's key again. */
  'account.resumed',
  /** A hook has failed everything for one, three or four days. */
  'hook.failing',
  /** A hook is left alone, and its events are held. */
  'hook.disabled',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/** A migration ended: what a hook without an `events` filter gets. */
export const TERMINAL_EVENT_TYPES = [
  'migration.completed',
  'migration.completed_with_failures',
  'migration.failed',
  'migration.abandoned',
] as const satisfies readonly EventType[]
