import type { FaultMix } from '../faults.ts'
import { DEFAULTS, type SimulatorSettings } from '../options.ts'

/** What the provider's limits tell apart. */
export type LimitClass = 'reads' | 'writes' | 'agent' | 'create' | 'generate'

export interface ClassLimit {
  readonly requests: number
  /** Real seconds. */
  readonly windowS: number
}

type Shared =
  | 'host'
  | 'port'
  | 'now'
  | 'epochMs'
  | 'seed'
  | 'speed'
  | 'errorBody'
  | 'latencyMs'
  | 'slowBodyMs'
  | 'hugeBodyBytes'
  | 'retryAfterSeconds'

/** Times called `…S` are simulated seconds, but for those of limits. */
export interface VernSettings extends Pick<SimulatorSettings, Shared> {
  /** The key that `x-api-key` must carry; null asks for none. */
  readonly apiKey: string | null
  readonly keyHeader: string
  /** Answers every request with 403, as without an active plan. */
  readonly hasPlan: boolean
  /** A name twice is a source that is ambiguous. */
  readonly sources: readonly string[]
  readonly templates: readonly string[]

  /** `per_endpoint`: 100 a minute each, and no header; `per_class`: by what a request does, with headers. */
  readonly regime: 'none' | 'per_endpoint' | 'per_class'
  readonly limits: Readonly<Partial<Record<LimitClass, ClassLimit>>>
  readonly perEndpoint: ClassLimit
  /** Runs at a time that are queued, running or blocked; null: any number. */
  readonly runsAtOnce: number | null

  /** How many migrations are there, or come, with nobody's doing: their people answer and approve by themselves. */
  readonly migrations: number
  /** Over how many seconds they appear. */
  readonly arrivalS: number
  /** How long their people take. */
  readonly peopleS: number
  /** Median seconds of one phase of a run. */
  readonly typicalPhaseS: number
  /** Shares of the phases that stop with a question, ask for credentials, fail; and of imports with flagged rows. */
  readonly questionShare: number
  readonly credentialsShare: number
  readonly failedShare: number
  readonly flaggedShare: number

  /** Whether all phases of a migration have one run, or each a new one. */
  readonly stableRunId: boolean
  readonly relativePollUrl: boolean
  /** Whether a block says why it is one. */
  readonly namesReason: boolean
  /** Whether there is a session log. */
  readonly hasLog: boolean
  readonly faults: FaultMix
}

export type VernOptions = Partial<VernSettings>

export const VERN_DEFAULTS: VernSettings = {
  ...DEFAULTS,
  keyHeader: 'x-api-key',
  hasPlan: true,
  sources: ['HubSpot', 'Salesforce'],
  templates: ['contacts', 'deals', 'companies'],
  regime: 'none',
  limits: {},
  perEndpoint: { requests: 100, windowS: 60 },
  runsAtOnce: null,
  migrations: 0,
  peopleS: 120,
  typicalPhaseS: 60,
  questionShare: 0.3,
  credentialsShare: 0,
  failedShare: 0.05,
  flaggedShare: 0.2,
  stableRunId: true,
  relativePollUrl: false,
  namesReason: true,
  hasLog: true,
}

export const CLASS_LIMITS: Readonly<Record<LimitClass, ClassLimit>> = {
  reads: { requests: 30, windowS: 60 },
  writes: { requests: 10, windowS: 60 },
  agent: { requests: 5, windowS: 3600 },
  create: { requests: 1, windowS: 3600 },
  generate: { requests: 1, windowS: 3600 },
}
