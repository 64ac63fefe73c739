import type { VernSettings } from './options.ts'
import type { VernWorld } from './world.ts'

/** What an answer depends on, beside the request. */
export interface Moment {
  readonly world: VernWorld
  readonly settings: VernSettings
  readonly atMs: number
  readonly epochMs: number
}

export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
