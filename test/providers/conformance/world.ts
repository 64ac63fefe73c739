import type { Provider } from '../../../src/providers/provider.ts'
import type { Controls } from '../../../src/simulator/control.ts'
import type { Listener } from '../../../src/simulator/listener.ts'

/** A provider, its simulator and one migration that both know: what every pair of them must do alike. */
export interface ProviderWorld {
  readonly simulator: Controls & Listener
  /** Where the simulator listens. */
  readonly url: string
  readonly migrationId: string
  /** Its current run, where the provider has runs. */
  readonly runId: string | null
  open(options?: { readonly key?: string; readonly baseUrl?: string }): Provider
}

export const KEY = 'k3y-of-the-conformance-suite'
