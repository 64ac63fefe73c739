import { type Command, InvalidArgumentError, Option } from 'commander'

import type { FaultMix } from '../../simulator/faults.ts'
import type { Listener } from '../../simulator/listener.ts'
import type { RateLimitStyle, SimulatorOptions } from '../../simulator/options.ts'
import type { VernOptions } from '../../simulator/vern/options.ts'
import { type CommonOptions, duration, JSON_FLAG, numberAbove, wholeNumber } from '../options.ts'
import type { Shell } from '../shell.ts'

interface SimulateOptions extends CommonOptions {
  readonly provider: 'anon' | 'vern'
  readonly regime: NonNullable<VernOptions['regime']>
  readonly host: string
  readonly port: number
  readonly key?: string
  readonly seed: number
  readonly migrations: number
  readonly aliveShare: number
  readonly arrival: number
  readonly typicalLife: number
  readonly history?: number
  readonly lives?: string
  readonly speed: number
  readonly envelope: NonNullable<SimulatorOptions['envelope']>
  readonly pageBase: '0' | '1'
  readonly maxPageSize: number
  readonly order?: NonNullable<SimulatorOptions['order']>
  readonly idStyle: NonNullable<SimulatorOptions['idStyle']>
  readonly times: NonNullable<SimulatorOptions['timeStyle']>
  readonly latency: number
  readonly rateLimit?: { readonly requestsPerSecond: number; readonly burst: number }
  readonly retryAfter: 'seconds' | 'date' | 'none'
  readonly rateLimitHeaders?: RateLimitStyle
  readonly fault: Readonly<Record<string, number>>
}

const EXAMPLES = `
The world is the same for the same seed. Its clock starts with the simulator, and --speed makes it run faster.
Faults: 401, 403, 404, 429, 429_retry_after, 5xx, hang, reset, html, truncated, wrong_types, slow_body, huge_body,
redirect, gzip_garbage, stale_list, empty_page, duplicate_rows; the number is their share of the requests.

With --provider vern: what its people do, they do by themselves; lists, pages and lives are anon's alone.

Examples:
  $ landfall simulate --speed 30
  $ landfall simulate --provider vern --regime per_class --speed 10
  $ landfall simulate --envelope items --page-base 0 --rate-limit 2:5 --fault html=0.05 --fault hang=0.01
  $ landfall simulate --lives trace.json --speed 60`

export function addSimulate(program: Command, shell: Shell): void {
  const command = program.command('simulate').description('run a simulated provider, to point a daemon at')
  command
    .addOption(new Option('--provider <kind>', 'whose API it is').choices(['anon', 'vern']).default('anon'))
    .addOption(
      new Option('--regime <name>', 'how vern limits requests')
        .choices(['none', 'per_endpoint', 'per_class'])
        .default('none'),
    )
  addWorldOptions(command)
  addApiOptions(command)
  command
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((options: SimulateOptions) => simulate(shell, options))
}

function addWorldOptions(command: Command): void {
  command
    .option('--seed <n>', 'what ids, lives and faults follow from', wholeNumber(0, 1e15 - 1), 1)
    .option('--migrations <n>', 'how many the run has', wholeNumber(0, 1_000_000), 50)
    .option('--alive-share <share>', 'share of them that is there at the start', share, 0.5)
    .addOption(
      new Option('--arrival <duration>', 'simulated time over which the others appear')
        .argParser(duration)
        .default(3_600_000, '1h'),
    )
    .addOption(
      new Option('--typical-life <duration>', 'simulated time of work in a life (the median)')
        .argParser(duration)
        .default(600_000, '10m'),
    )
    .option('--history <n>', 'how many ended long before the start (default: 200)', wholeNumber(0, 1_000_000))
    .option('--lives <file>', 'what happens to each migration: a trace, JSON')
    .option('--speed <factor>', 'simulated seconds per second', numberAbove(0, 100_000), 1)
    .addOption(
      new Option('--id-style <style>', 'what ids look like').choices(['uuid', 'hex', 'mig']).default('uuid'),
    )
}

function addApiOptions(command: Command): void {
  command
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on, 0 for any that is free', wholeNumber(0, 65_535), 4611)
    .option('--key <key>', 'API key that requests must carry (default: any)')
    .addOption(
      new Option('--envelope <name>', 'what holds the rows of a list')
        .choices(['array', 'data', 'items', 'results', 'migrations'])
        .default('array'),
    )
    .addOption(new Option('--page-base <n>', 'number of the first page').choices(['0', '1']).default('1'))
    .option('--max-page-size <n>', 'larger pages are cut to this', wholeNumber(1, 1_000_000), 100)
    .addOption(
      new Option('--order <order>', "the list's order (default: created_desc)").choices([
        'created_desc',
        'created_asc',
        'random',
      ]),
    )
    .addOption(new Option('--times <style>', 'how times look').choices(['zoneless', 'z']).default('zoneless'))
    .addOption(
      new Option('--latency <duration>', 'how long each answer takes').argParser(duration).default(0, '0s'),
    )
    .option('--rate-limit <rps[:burst]>', 'requests per second, and at once (default: no limit)', rateLimit)
    .addOption(
      new Option('--retry-after <form>', 'what a 429 says of when to come back')
        .choices(['seconds', 'date', 'none'])
        .default('seconds'),
    )
    .addOption(
      new Option(
        '--rate-limit-headers <style>',
        'how answers tell of the limit (default: not at all)',
      ).choices(['ietf', 'ietf_old', 'x_seconds', 'x_epoch', 'x_epoch_ms', 'x_date']),
    )
    .addOption(new Option('--fault <name=share>', 'a fault, repeatable').argParser(fault).default({}, 'none'))
}

function share(text: string): number {
  if (/^(0?\.\d+|0|1|1\.0+|0\.\d+)$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a share from 0 to 1.')
}

function rateLimit(text: string): { requestsPerSecond: number; burst: number } {
  const [, rate, burst] = /^(\d+(?:\.\d+)?)(?::([1-9]\d{0,6}))?$/.exec(text) ?? []
  const requestsPerSecond = Number(rate)
  if (!(requestsPerSecond > 0))
    throw new InvalidArgumentError('Expected requests per second, such as 5 or 5:20.')
  return { requestsPerSecond, burst: Number(burst ?? Math.max(1, Math.ceil(requestsPerSecond))) }
}

/** Whether there is such a fault is for the simulator to say. */
function fault(text: string, before: Readonly<Record<string, number>>): Record<string, number> {
  const [, name, value] = /^([\w.]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Expected a name and a share: html=0.05')
  return { ...before, [name]: share(value) }
}

async function simulate(shell: Shell, options: SimulateOptions): Promise<void> {
  const { parseFaultMix } = await import('../../simulator/faults.ts')
  const { listenForStop } = await import('../stop-signal.ts')
  const { EXIT, Failure } = await import('../exit.ts')
  const faults = parseFaultMix(options.fault)
  if (faults.kind === 'invalid') throw new Failure(EXIT.usage, `--fault: ${faults.reason}.`)

  const simulator = await createFor(shell, options, faults.mix)
  const stop = listenForStop()
  const { url } = await simulator.start()
  const variables = variablesFor(options, url)
  if (options.json) shell.printJson({ url, ...variables })
  else tell(shell, url, variables)
  await stop.requested
  await simulator.stop()
  stop.release()
}

async function createFor(shell: Shell, options: SimulateOptions, faults: FaultMix): Promise<Listener> {
  if (options.provider === 'anon') {
    const { createSimulator } = await import('../../simulator/server.ts')
    return createSimulator({ ...settingsOf(options), ...(await livesOf(shell, options)), faults })
  }
  const { createVernSimulator } = await import('../../simulator/vern/server.ts')
  const { host, port, seed, migrations, speed, regime } = options
  return createVernSimulator({
    ...{ host, port, seed, migrations, speed, regime, faults },
    apiKey: options.key ?? null,
    arrivalS: options.arrival / 1000,
    typicalPhaseS: options.typicalLife / 1000,
    latencyMs: options.latency,
  })
}

function variablesFor({ provider, key = 'simulated' }: SimulateOptions, url: string): Record<string, string> {
  return provider === 'anon'
    ? { ANON_API_KEY: key, ANON_BASE_URL: url }
    : { VERN_API_KEY: key, VERN_BASE_URL: `${url}/api/v1` }
}

function tell(shell: Shell, url: string, variables: Readonly<Record<string, string>>): void {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  shell.print(`A simulated provider listens on ${url}; Ctrl-C stops it.`)
  shell.print('')
  shell.print('To track its migrations, in another terminal:')
  shell.print(`  ${assignments.join(' ')} npm start`)
}

function settingsOf(options: SimulateOptions): SimulatorOptions {
  const { host, port, seed, migrations, aliveShare, speed, envelope, maxPageSize, idStyle } = options
  const { rateLimit: limit, retryAfter, rateLimitHeaders: headers } = options
  return {
    ...{ host, port, seed, migrations, aliveShare, speed, envelope, maxPageSize, idStyle },
    apiKey: options.key ?? null,
    arrivalS: options.arrival / 1000,
    typicalLifeS: options.typicalLife / 1000,
    pageBase: options.pageBase === '0' ? 0 : 1,
    timeStyle: options.times,
    latencyMs: options.latency,
    rateLimit: limit === undefined ? null : { ...limit, retryAfter, ...(headers && { headers }) },
  }
}

/** What a file of lives says, unless an option says otherwise. */
async function livesOf(shell: Shell, { lives, history, order }: SimulateOptions): Promise<SimulatorOptions> {
  const told = { ...(history !== undefined && { history }), ...(order !== undefined && { order }) }
  if (lives === undefined) return told
  const { readTrace } = await import('../read-trace.ts')
  return { ...readTrace(shell.cwd, lives), ...told }
}
