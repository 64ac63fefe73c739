import type { StatusMap } from '../../domain/phase.ts'

/** Vern's documented statuses, a migration's own and those of its runs. Flagged rows make `completed` partial. */
export const VERN_STATUS_MAP: StatusMap = {
  awaiting_files: 'pending',
  ready: 'pending',
  queued: 'pending',
  running: 'running',
  blocked: 'needs_input',
  awaiting_approval: 'needs_input',
  completed: 'succeeded',
  failed: 'failed',
  canceled: 'abandoned',
}
