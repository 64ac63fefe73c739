import type { FaultMix } from './faults.ts'
import type { Life } from './life.ts'

type Envelope = 'array' | 'data' | 'items' | 'results' | 'migrations'
export type IdStyle = 'uuid' | 'hex' | 'mig'
export type Order = 'created_desc' | 'created_asc' | 'random'

export interface RateLimit {
  readonly requestsPerSecond: number
  /** How many requests may come at once after a pause; at least 1. */
  readonly burst: number
  /** What a 429 says of when to come back. */
  readonly retryAfter: 'seconds' | 'date' | 'none'
  /** Missing: requests are given back steadily. Else all of a window's at once, when the next begins. */
  readonly windowS?: number
  /** How every answer tells what is left; missing: not at all. */
  readonly headers?: RateLimitStyle
}

/**
 * `ietf` is the draft's `RateLimit` and `RateLimit-Policy`, `ietf_old` its three headers before; the others are those with
 * `X-`, by what their reset counts.
 */
export type RateLimitStyle = 'ietf' | 'ietf_old' | 'x_seconds' | 'x_epoch' | 'x_epoch_ms' | 'x_date'

/** Times called `…S` are simulated seconds, those called `…Ms` are real milliseconds of `now`. */
export interface SimulatorSettings {
  /** Address to listen on. */
  readonly host: string
  /** Port to listen on; 0 picks one, and keeps it over a `stop` and a second `start`. */
  readonly port: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** What `now` reads at simulated second 0; null: when the simulator starts. Lets a second process go on where one died. */
  readonly epochMs: number | null

  /** The key that `Authorization: Bearer` must carry; null asks for none. */
  readonly apiKey: string | null
  /** How a wrong or missing key is answered. */
  readonly refusal: 401 | 403

  /** Ids, lives and faults follow from it. */
  readonly seed: number
  /** 'random', or each migration's life in the form of the traces; a script makes the options up to `deletedShare` idle. */
  readonly lives: 'random' | readonly Life[]
  /** How many migrations the run has: those alive at second 0 and those that appear later. */
  readonly migrations: number
  /** Share of them that exists, unfinished, at second 0. */
  readonly aliveShare: number
  /** Over how many seconds the others appear. */
  readonly arrivalS: number
  /** Median seconds of work in a life; waiting to start, and for the user, is in proportion. */
  readonly typicalLifeS: number
  /** Share of lives that go backwards, from WORKING to NOT_STARTED or from an end to WORKING. */
  readonly backwardsShare: number
  /** Share of lives that pass through a status nobody has documented. */
  readonly inventedShare: number
  /** Share of migrations that are deleted at some moment of the run. */
  readonly deletedShare: number
  /** How many migrations ended long before second 0. */
  readonly history: number
  /** Simulated seconds per real second; what lies before second 0 is not compressed. */
  readonly speed: number

  /** What holds the array of a list answer: nothing, or an object with this key. */
  readonly envelope: Envelope
  /** Adds total, page, page_size and has_more to an object envelope. */
  readonly totals: boolean
  /** The number of the first page. */
  readonly pageBase: 0 | 1
  /** With `pageBase` 1: what `page=0` gives. */
  readonly pageZero: 'first' | 'bad_request' | 'empty'
  /** Larger `page_size` is quietly cut to this. */
  readonly maxPageSize: number
  /** Larger `page_size` is answered with 400; null: no size is. */
  readonly refusedPageSize: number | null
  /** Pages that begin behind so many rows are answered with 400; null: the whole list can be read. */
  readonly listedRows: number | null
  /** The list's order; 'random' is a stable shuffle, so new migrations appear anywhere. */
  readonly order: Order
  /** What ids look like: a UUID, 16 hex digits, or `mig_` with 26 letters and digits. */
  readonly idStyle: IdStyle
  /** `created` as microseconds without a zone, or as seconds with `Z`. */
  readonly timeStyle: 'zoneless' | 'z'
  /** Body of an answer that is an error. */
  readonly errorBody: 'json' | 'html' | 'none'
  /** Enforced over all requests to the API together; null allows everything. */
  readonly rateLimit: RateLimit | null
  /** How long every answer waits after its content is settled. */
  readonly latencyMs: number

  /** Which faults befall requests, and how probably. */
  readonly faults: FaultMix
  /** How old the list is that `stale_list` shows. */
  readonly staleMs: number
  /** How long `slow_body` takes. */
  readonly slowBodyMs: number
  /** Where `huge_body` ends. */
  readonly hugeBodyBytes: number
  /** What the faults with a `Retry-After` ask for, in whole real seconds. */
  readonly retryAfterSeconds: number
}

/** Everything has a default. */
export type SimulatorOptions = Partial<SimulatorSettings>

export const DEFAULTS: SimulatorSettings = {
  host: '127.0.0.1',
  port: 0,
  now: Date.now,
  epochMs: null,
  apiKey: null,
  refusal: 401,
  seed: 1,
  lives: 'random',
  migrations: 50,
  aliveShare: 0.5,
  arrivalS: 3600,
  typicalLifeS: 600,
  backwardsShare: 0,
  inventedShare: 0,
  deletedShare: 0,
  history: 200,
  speed: 1,
  envelope: 'array',
  totals: false,
  pageBase: 1,
  pageZero: 'first',
  maxPageSize: 100,
  refusedPageSize: null,
  listedRows: null,
  order: 'created_desc',
  idStyle: 'uuid',
  timeStyle: 'zoneless',
  errorBody: 'json',
  rateLimit: null,
  latencyMs: 0,
  faults: {},
  staleMs: 10_000,
  slowBodyMs: 30_000,
  hugeBodyBytes: 200 * 1024 * 1024,
  retryAfterSeconds: 1,
}
