import type { Client } from 'pg'
import type { Panel } from './panels.ts'

const HISTORY = new Set(['migration', 'transition', 'event', 'delivery'])

export interface Measured {
  readonly rows: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** Tables of history that the plan reads from end to end. */
  readonly scanned: readonly string[]
}

/** Asks again and again, each time of another migration and moment. */
export async function measure(client: Client, panel: Panel, runs: number): Promise<Measured> {
  const times: number[] = []
  let rows = 0
  for (let run = 0; run < runs; run += 1) {
    const { text, values } = await bind(client, panel)
    const startMs = performance.now()
    const answer = await client.query(text, values)
    times.push(performance.now() - startMs)
    rows = Math.max(rows, answer.rows.length)
  }
  const at = (share: number) => times.toSorted((a, b) => a - b)[Math.ceil(share * runs) - 1] ?? 0
  return { rows, p50Ms: at(0.5), p95Ms: at(0.95), scanned: await findScans(client, panel) }
}

/** The tables of history that the panel reads from end to end. Functions hide their plans; there the server counts. */
export async function findScans(client: Client, panel: Panel): Promise<string[]> {
  const { text, values } = await bind(client, panel)
  const { rows } = await client.query(`explain (format json) ${text}`, values)
  await client.query('begin')
  try {
    const before = await countScans(client)
    await client.query(text, values)
    const after = await countScans(client)
    const counted = [...after].filter(([table, n]) => n > (before.get(table) ?? 0)).map(([table]) => table)
    return [...new Set([...scansIn(rows[0]?.['QUERY PLAN']), ...counted])].sort()
  } finally {
    await client.query('rollback')
  }
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

/** The question with the values of a migration picked at random. */
async function bind(client: Client, { sql }: Panel): Promise<{ text: string; values: unknown[] }> {
  const { rows } = await client.query<Record<string, unknown>>(
    `with top as (select max(id) as id from landfall.migration)
     select m.account, m.migration_id as migration, m.company_id as company,
       m.first_seen_at + random() * (now() - m.first_seen_at) as moment
     from top cross join lateral (
       select * from landfall.migration where id >= 1 + floor(random() * top.id)::bigint order by id limit 1) m`,
  )
  const values: unknown[] = []
  const text = sql.replace(/(?<=[ (,]):(account|migration|company|moment)\b/g, (_, name: string) => {
    values.push(rows[0]?.[name])
    return `$${values.length}`
  })
  return { text, values }
}
