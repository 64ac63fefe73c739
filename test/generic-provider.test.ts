import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { loaded, problemsOf } from './config/sources.ts'
import { query } from './support/account.ts'
import { waitFor } from './support/wait-for.ts'
import { createWorldOf, startTestDaemon } from './support/world.ts'

const KEY = 'k3y-of-the-third'

interface Job {
  readonly uuid: string
  readonly begunMs: number
  readonly ends: string
}

const BEFORE_THE_END = ['queued', 'in progress']

/** A third API, of another shape: nested fields, pages from 0 under other names, a key header and envelopes of its own. */
async function startThird(jobs: readonly Job[]) {
  let refused = 0
  const stateOf = ({ begunMs, ends }: Job) => {
    const seconds = (Date.now() - begunMs) / 1000
    return BEFORE_THE_END[Math.floor(Math.max(0, seconds))] ?? ends
  }
  const wire = (job: Job) => ({
    uuid: job.uuid,
    state: { name: stateOf(job), code: 7 },
    times: { createdAt: new Date(job.begunMs).toISOString() },
    customer: { ref: 'c-1' },
  })
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://third.test')
    const [, , , id] = url.pathname.split('/')
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.headers['x-token'] !== `Token ${KEY}`) {
      refused += 1
      return send(401, {})
    }
    if (id !== undefined) {
      const job = jobs.find(({ uuid }) => uuid === decodeURIComponent(id))
      return job ? send(200, { job: wire(job) }) : send(404, { message: 'gone' })
    }
    const size = Math.min(20, Number(url.searchParams.get('per_page') ?? 5))
    const page = Number(url.searchParams.get('p') ?? 0)
    const rows = jobs.slice(page * size, (page + 1) * size).map(wire)
    return send(200, { result: { jobs: rows, kind: 'page' }, ok: true })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, refused: () => refused }
}

const yaml = (url: string) => `
accounts:
  - name: third
    provider: generic
    api_key: ${KEY}
    base_url: ${url}/v2
    budget: { requests_per_second: 40, burst: 20 }
    page_size: 20
    sweep_every: 10s
    lag_goal: 1s
    baseline: emit
    api:
      list: /jobs
      get: /jobs/{id}
      key_header: X-Token
      key_scheme: Token
      page: p
      page_size: per_page
      items: result.jobs
      item: job
      id: uuid
      status: state.name
      created: times.createdAt
      company: customer.ref
    status_map: { queued: pending, in progress: running, done: succeeded, done with errors: partial, broken: failed }
`

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

test('an API that nobody has written code for is tracked as YAML describes it', async () => {
  const nowMs = Date.now()
  const ends = ['done', 'done with errors', 'broken']
  const jobs = Array.from({ length: 45 }, (_, index) => {
    return { uuid: `job ${index}/x`, begunMs: nowMs + index * 100, ends: ends[index % 3] ?? 'done' }
  })
  const third = await startThird(jobs)
  const after = ((end: () => unknown) => void ending.push(end)) as typeof onTestFinished
  const world = await createWorldOf(after, [])
  const { accounts } = loaded({}, { 'landfall.yaml': yaml(third.url) })
  await startTestDaemon(after, { ...world.config, accounts })

  await waitFor(
    async () => {
      const rows = await query<{ phase: string; n: number }>(
        world.db,
        'select phase, count(*)::int as n from reporting.migrations group by phase order by phase',
      )
      expect(rows).toEqual(['failed', 'partial', 'succeeded'].map((phase) => ({ phase, n: 15 })))
      return true
    },
    { what: 'all 45 jobs to have ended', timeoutMs: 60_000 },
  )
  const [job] = await query(world.db, "select * from reporting.migrations where migration_id = 'job 0/x'")
  expect(job).toMatchObject({
    ...{ provider: 'generic', status: 'done', company_id: 'c-1', created_at: new Date(nowMs) },
    attributes: { state: { name: 'done', code: 7 } },
  })
  expect(third.refused()).toBe(0)
  const ended = await query(
    world.db,
    "select count(*)::int as n from landfall.event where type in ('migration.completed', 'migration.completed_with_failures', 'migration.failed')",
  )
  expect(ended).toEqual([{ n: 45 }])
})

test('what a description lacks, or says wrongly, is told with its place', () => {
  const text = 'accounts:\n  - name: third\n    provider: generic\n    api_key: k\n'
  const told = (more: string) =>
    problemsOf({}, { 'landfall.yaml': text + more }).map(({ where, message }) => `${where} ${message}`)
  expect(told('')).toEqual([
    expect.stringMatching(/api .*is not set; expected the description/),
    expect.stringMatching(/base_url .*is not set; expected the address/),
  ])
  expect(told('    base_url: https://x.test\n    api: { get: /jobs, idd: x, status: "a..b" }\n')).toEqual([
    expect.stringMatching(/api\.idd .*did you mean id\?/),
    expect.stringMatching(/api\.get .*expected a path below base_url with \{id\}/),
    expect.stringMatching(/api\.status .*expected the place of a field/),
  ])
})
