/** What the API answers, as far as the page shows it. Moments are RFC 3339 texts in UTC. */
export type Phase =
  | 'pending'
  | 'running'
  | 'needs_input'
  | 'succeeded'
  | 'partial'
  | 'failed'
  | 'abandoned'
  | 'unknown'

export interface Session {
  readonly scope: 'read' | 'operate'
  readonly token_required: boolean
  readonly version: string
}

export interface Migration {
  readonly account: string
  readonly provider: string
  readonly migration_id: string
  readonly status: string
  readonly phase: Phase
  readonly is_terminal: boolean
  readonly company_id: string | null
  readonly created_by_user_id: string | null
  readonly created_at: string | null
  readonly first_seen_at: string
  readonly status_since: string
  readonly finished_at: string | null
  readonly last_observed_at: string
  readonly last_observed_via: 'get' | 'list'
  readonly next_poll_at: string | null
  readonly polls: number
  readonly transitions: number
  readonly overdue: boolean
  readonly vanished_at: string | null
  readonly attributes: Record<string, unknown>
}

export interface Transition {
  readonly seq: number
  readonly from_status: string | null
  readonly to_status: string
  readonly from_phase: Phase | null
  readonly to_phase: Phase
  readonly not_before: string | null
  readonly not_after: string
  readonly observed_via: 'get' | 'list'
}

export interface EventRow {
  readonly event_id: string
  readonly type: string
  readonly account: string | null
  readonly migration_id: string | null
  readonly sequence: number
  readonly recorded_at: string
  readonly payload: Record<string, unknown>
}

export interface NextReading {
  readonly suspended: boolean
  readonly next_reading_at: string | null
  readonly why: string
  readonly by?: { readonly kind: 'get' | 'list'; readonly page?: number }
  readonly latest_at?: string | null
  readonly ended_chance?: number
  readonly worth_seconds?: number
}

export interface MigrationDetail {
  readonly migration: Migration
  readonly transitions: readonly Transition[]
  readonly events: readonly EventRow[]
  readonly next_reading: NextReading
}

export type DeliveryState = 'pending' | 'delivered' | 'dead' | 'held'

export interface Delivery {
  readonly event_id: string
  readonly event_type: string
  readonly hook: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly first_attempt_at: string | null
  readonly delivered_at: string | null
  readonly next_attempt_at: string | null
  readonly last_status_code: number | null
  readonly last_error: string | null
  readonly account: string | null
  readonly migration_id: string | null
  readonly recorded_at: string
}

interface Lag {
  readonly mean_seconds: number
  readonly p99_seconds: number
}

export interface Plan extends Lag {
  readonly requests_per_second: number
  readonly lag_goal_seconds: number
  readonly live: number
  readonly utilisation: number
  readonly requests_per_day: number
  readonly requests_per_day_per_live: number | null
  readonly bound_p50_seconds: number
  readonly bound_p99_seconds: number
  readonly sweep_seconds: number
  readonly half_budget: Lag
  readonly double_budget: Lag
}

export interface Budget {
  readonly requests_per_second: number
  readonly burst: number
  readonly effective_requests_per_second: number
  readonly blocked_until: string | null
  readonly used_last_hour: number
}

export interface Account {
  readonly account: string
  readonly provider: string
  readonly policy: 'adaptive' | 'backoff' | 'fixed'
  readonly state: 'active' | 'suspended'
  readonly state_reason: string | null
  readonly baseline_at: string | null
  readonly last_sweep_completed_at: string | null
  readonly tracked: number
  readonly live: number
  readonly plan: Plan | null
  readonly budget: Budget | null
}

export interface Hook {
  readonly name: string
  readonly kind: string
  readonly source: 'configured' | 'stored'
  readonly state: 'active' | 'disabled'
  readonly state_reason: string | null
  readonly failures: number
  readonly failing_since: string | null
  readonly paused_until: string | null
  readonly events: readonly string[]
  readonly pending: number
  readonly held: number
  readonly dead: number
}

interface Endings {
  readonly succeeded: number
  readonly partial: number
  readonly failed: number
  readonly abandoned: number
}

export interface Day extends Endings {
  readonly day: string
  readonly discovered: number
}

export interface Hour {
  readonly hour: string
  readonly transitions: number
  readonly p50_seconds: number | null
  readonly p99_seconds: number | null
  readonly list_requests: number
  readonly get_requests: number
  readonly rate_limited: number
  readonly errors: number
}

export interface Stats {
  readonly at: string
  readonly live: Record<'pending' | 'running' | 'needs_input' | 'unknown', number>
  readonly overdue: number
  readonly total: number
  readonly today: Endings & { readonly discovered: number }
  readonly last_24h: Endings & {
    readonly failure_rate: number | null
    readonly detection_lag_p50_seconds: number | null
    readonly detection_lag_p99_seconds: number | null
  }
  readonly accounts: { readonly active: number; readonly suspended: number }
  readonly hooks: { readonly active: number; readonly disabled: number; readonly failing: number }
  readonly deliveries: {
    readonly pending: number
    readonly held: number
    readonly dead: number
    readonly oldest_pending_seconds: number | null
  }
  readonly daily: readonly Day[]
  readonly hourly: readonly Hour[]
}

/** What `useResource` gives: the newest answer, and what went wrong with the newest request. */
export interface Resource<T> {
  readonly data: T | null
  readonly error: Error | null
  /** The data belong to another path than the one now asked for. */
  readonly isStale: boolean
  readonly reload: () => void
}

export interface Column<T> {
  readonly label: string
  readonly show: (row: T) => unknown
  readonly class?: string
}
