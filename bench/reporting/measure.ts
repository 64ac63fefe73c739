import type { Client } from 'pg'
import { pickSample, type Question } from './question.ts'

const HISTORY = new Set(['migration', 'transition', 'event', 'delivery'])

export interface Measured {
  readonly rows: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** Tables of history that a plan reads from end to end. */
  readonly scanned: readonly string[]
}

/** Asks again and again, each time of another migration and moment. */
export async function measure(client: Client, question: Question, runs: number): Promise<Measured> {
  const times: number[] = []
  let rows = 0
  for (let run = 0; run < runs; run += 1) {
    const sample = await pickSample(client)
    const startMs = performance.now()
    const found = await question.ask(client, sample)
    times.push(performance.now() - startMs)
    rows = Math.max(rows, found)
  }
  const [p50Ms, p95Ms] = [shareOf(times, 0.5), shareOf(times, 0.95)]
  return { rows, p50Ms, p95Ms, scanned: await findScans(client, question) }
}

export function shareOf(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(share * times.length) - 1] ?? 0
}

/** The tables of history that the question reads from end to end. Functions hide their plans; there the server counts. */
export async function findScans(client: Client, question: Question): Promise<string[]> {
  const sample = await pickSample(client)
  const planned: string[] = []
  await client.query('begin')
  try {
    const before = await countScans(client)
    await question.ask(
      watch(client, async (statement) => void planned.push(...(await explain(client, statement)))),
      sample,
    )
    const after = await countScans(client)
    const counted = [...after].filter(([table, n]) => n > (before.get(table) ?? 0)).map(([table]) => table)
    return [...new Set([...planned, ...counted])].sort()
  } finally {
    await client.query('rollback')
  }
}

interface Statement {
  readonly text: string
  readonly values: unknown[]
}

/** The same client, which shows each statement before it runs. */
function watch(client: Client, show: (statement: Statement) => Promise<void>): Client {
  const query = async (statement: string | { text: string }, values: unknown[] = []) => {
    await show({ text: typeof statement === 'string' ? statement : statement.text, values })
    return client.query(statement as string, values)
  }
  return new Proxy(client, {
    get: (target, key) => (key === 'query' ? query : Reflect.get(target, key)),
  })
}

async function explain(client: Client, { text, values }: Statement): Promise<string[]> {
  const { rows } = await client.query(`explain (format json) ${text}`, values)
  return scansIn(rows[0]?.['QUERY PLAN'])
}

async function countScans(client: Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ relname: string; n: number }>(
    `select relname, seq_scan::int as n from pg_stat_xact_user_tables where schemaname = 'landfall'`,
  )
  return new Map(rows.filter(({ relname }) => HISTORY.has(relname)).map(({ relname, n }) => [relname, n]))
}

function scansIn(plan: unknown): string[] {
  if (typeof plan !== 'object' || plan === null) return []
  const node = plan as Record<string, unknown>
  const table = String(node['Relation Name'])
  const here = node['Node Type'] === 'Seq Scan' && HISTORY.has(table) ? [table] : []
  return [...here, ...Object.values(node).flatMap(scansIn)]
}
