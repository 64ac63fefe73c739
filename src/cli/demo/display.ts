import type { ChangeRow } from '../../store/changes.ts'
import type { Received } from './receiver.ts'
import type { Kind, Standing, Tally } from './tally.ts'

export interface Addresses {
  readonly provider: string
  /** Null where the daemon does not listen. */
  readonly daemon: string | null
  readonly webhooks: string
  /** Where the data really lies. */
  readonly dir: string
  readonly logFile: string
  /** What LANDFALL_DATA_DIR must be to look at it. */
  readonly dataDir: string
}

/** How the demo is told: to people, or to programs. */
export interface Display {
  started(addresses: Addresses): void
  /** Found in the first sweep, and over long before. */
  foundEnded(changes: readonly ChangeRow[]): void
  change(kind: Kind, change: ChangeRow): void
  webhook(received: Received): void
  summary(tally: Tally, standing: Standing): void
  stopping(): void
  stopped(tally: Tally, standing: Standing, ranMs: number): void
}
