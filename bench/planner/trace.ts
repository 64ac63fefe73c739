import { readFileSync } from 'node:fs'

/** What a provider's migrations really did; times in seconds, 0 is when the daemon starts. */
export interface Trace {
  readonly name: string
  readonly page_size: number
  readonly order: 'created_desc' | 'created_asc'
  readonly budget: { readonly requests_per_second: number; readonly burst: number }
  readonly warmup_s: number
  readonly duration_s: number
  /** Older migrations, all terminal long ago. */
  readonly history: number
  /** Sorted by creation. */
  readonly migrations: readonly TraceMigration[]
}

export interface TraceMigration {
  readonly id: string
  readonly company_id: string
  readonly created_s: number
  readonly changes: readonly (readonly [atS: number, status: string])[]
}

export function readTrace(file: string): Trace {
  return JSON.parse(readFileSync(file, 'utf8')) as Trace
}
