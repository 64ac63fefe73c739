import type { EventType } from '../../domain/event-type.ts'
import type { CommonOptions } from '../options.ts'

export interface EventsOptions extends CommonOptions {
  readonly type?: readonly EventType[]
  readonly account?: string
  readonly since?: Date
  readonly after?: string
  readonly follow?: true
  readonly limit: number
}
