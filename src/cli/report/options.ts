import type { CommonOptions } from '../options.ts'

export interface ReportOptions extends CommonOptions {
  readonly since?: Date
  readonly until?: Date
  readonly account?: string
  readonly by: 'day' | 'company'
  readonly csv?: true
}
