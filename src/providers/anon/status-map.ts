import type { StatusMap } from '../../domain/phase.ts'

/** Anon's documented statuses. */
export const ANON_STATUS_MAP: StatusMap = {
  NOT_READY: 'pending',
  NOT_STARTED: 'pending',
  WORKING: 'running',
  PENDING_USER_INPUT: 'needs_input',
  COMPLETE: 'succeeded',
  COMPLETED_WITH_FAILURES: 'partial',
  FAILED: 'failed',
  LOGIN_ABANDONED: 'abandoned',
}
