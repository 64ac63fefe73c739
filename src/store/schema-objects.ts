import { readFileSync } from 'node:fs'

import { sql } from 'drizzle-orm'

import { type Db, inTransaction, type Tx } from './db.ts'
import { rowsOf } from './rows.ts'

/** What the schema changes make, apart from rows. */
export interface SchemaObject {
  readonly kind: 'table' | 'view' | 'column' | 'function' | 'index' | 'constraint' | 'trigger'
  /** With its schema, and with its table where it has one. */
  readonly name: string
  /** What makes it that object and no other, spelled the same by Postgres 14 to 18. */
  readonly form: string
}

interface LiveObject extends SchemaObject {
  /** Whether the server uses it: a trigger can be disabled, an index invalid, a constraint not validated. */
  readonly works: boolean
}

/** What is wrong with an object, and which. */
export interface SchemaTrouble {
  readonly object: string
  readonly trouble: 'missing' | 'altered' | 'disabled' | 'failing'
  /** What the server says of a failing one. */
  readonly reason: string | null
}

const LIST = new URL('../../migrations-sql/objects.json', import.meta.url)
const NAME = ({ kind, name }: SchemaObject) => `${kind} ${name}`

/** All objects of schemas `landfall` and `reporting`, in a fixed order. */
export async function listSchemaObjects(db: Db): Promise<SchemaObject[]> {
  return (await loadLive(db)).map(({ kind, name, form }) => ({ kind, name, form }))
}

/**
 * What the database lacks, or has otherwise, of all that the schema changes make: as after a restore that went on
 * over errors. What it has beyond that is its owner's business. Reads the catalog only.
 */
export async function findSchemaTroubles(db: Db): Promise<SchemaTrouble[]> {
  const live = new Map((await loadLive(db)).map((object) => [NAME(object), object]))
  const known = JSON.parse(readFileSync(LIST, 'utf8')) as SchemaObject[]
  const gone = known.filter(({ kind, name }) => isRelation(kind) && !live.has(`${kind} ${name}`))
  const isInside = ({ kind, name }: SchemaObject) =>
    !isRelation(kind) && gone.some((relation) => name.startsWith(`${relation.name}.`))
  return known
    .filter((object) => !isInside(object))
    .flatMap((object) => {
      const trouble = judge(object, live.get(NAME(object)))
      return trouble === null ? [] : [{ object: NAME(object), trouble, reason: null }]
    })
}

/** Reads no row from each view of schema `reporting`, and asks its functions: a missing right shows only there. */
export async function findFailingReports(db: Db): Promise<SchemaTrouble[]> {
  const { rows } = await db.pool.query<{ object: string; probe: string }>(PROBES)
  const failing: SchemaTrouble[] = []
  for (const { object, probe } of rows) {
    await db.pool.query(probe).catch((err: Error) => {
      failing.push({ object, trouble: 'failing', reason: err.message })
    })
  }
  return failing
}

const isRelation = (kind: SchemaObject['kind']) => kind === 'table' || kind === 'view'

function judge(known: SchemaObject, live: LiveObject | undefined): 'missing' | 'altered' | 'disabled' | null {
  if (live === undefined) return 'missing'
  if (live.form !== known.form) return 'altered'
  return live.works ? null : 'disabled'
}

/** Names in forms are spelled with their schemas, whatever the session's search path is. */
function loadLive(db: Db): Promise<LiveObject[]> {
  return inTransaction(db, async (tx: Tx) => {
    await tx.execute(sql`set local search_path = pg_catalog`)
    return rowsOf<LiveObject & Record<string, unknown>>(tx, sql.raw(OBJECTS))
  })
}

/** Drizzle's own table of applied changes is left out, and so is `not null` as a constraint, which is new in 18. */
const OBJECTS = `
  with relation as (
    select c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('landfall', 'reporting') and c.relkind in ('r', 'v', 'm', 'p') and c.relname <> 'schema_change'),
  object (kind, name, form, works) as (
    select case when relkind in ('v', 'm') then 'view' else 'table' end, name, '', true from relation
    union all
    select 'column', format('%s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then 'not null' end, case when a.attidentity <> '' then 'identity' end,
      'default ' || pg_get_expr(d.adbin, d.adrelid)), true
    from relation r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    union all
    select 'function', format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
      concat_ws(' ', 'returns', pg_get_function_result(p.oid), 'volatility', p.provolatile::text,
        case when p.proisstrict then 'strict' end, case when p.prosecdef then 'security definer' end,
        array_to_string(p.proconfig, ' '), 'body', md5(replace(p.prosrc, E'\\r', ''))), true
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('landfall', 'reporting') and p.prokind = 'f'
    union all
    select 'index', format('%s.%I', r.name, c.relname), pg_get_indexdef(c.oid), i.indisvalid and i.indisready
    from relation r join pg_index i on i.indrelid = r.oid join pg_class c on c.oid = i.indexrelid
    union all
    select 'constraint', format('%s.%I', r.name, c.conname), replace(pg_get_constraintdef(c.oid), ' NOT VALID', ''),
      -- A foreign key is kept by triggers of the server's own, which a restore of rows alone disables.
      c.convalidated and not exists (
        select from pg_trigger t where t.tgconstraint = c.oid and t.tgenabled not in ('O', 'A'))
    from relation r join pg_constraint c on c.conrelid = r.oid where c.contype in ('p', 'u', 'f', 'c', 'x')
    union all
    -- The server puts other parentheses into a condition each time it is dumped and restored.
    select 'trigger', format('%s.%I', r.name, t.tgname), concat_ws(' ', 'type', t.tgtype, t.tgfoid::regproc,
      'old ' || t.tgoldtable, 'new ' || t.tgnewtable, case when t.tgqual is not null then 'when' end),
      t.tgenabled in ('O', 'A')
    from relation r join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal)
  select kind, name, form, works from object order by kind collate "C", name collate "C"`

const PROBES = `
  select 'view reporting.' || quote_ident(relname) as object,
    format('select * from reporting.%I limit 0', relname) as probe
  from pg_class where relnamespace = to_regnamespace('reporting') and relkind in ('v', 'm')
  union all
  select 'function reporting.' || quote_ident(proname), case proname
    when 'status_at' then 'select * from reporting.status_at('''', '''', now())'
    else 'select * from reporting.counts_at(now())' end
  from pg_proc where pronamespace = to_regnamespace('reporting') and proname in ('status_at', 'counts_at')
  order by object`
