import type { Client } from 'pg'

export interface Column {
  readonly name: string
  readonly type: string
  readonly comment: string | null
}

/** A view, or a function with the columns that it returns. */
export interface Thing {
  readonly kind: 'view' | 'function'
  readonly name: string
  /** Of a function, with names and types; empty for a view. */
  readonly parameters: string
  readonly comment: string | null
  readonly columns: readonly Column[]
}

export interface ReportingSchema {
  readonly comment: string | null
  readonly things: readonly Thing[]
}

/** Everything that schema `reporting` shows, in the order in which it was created. */
export async function readReportingSchema(client: Pick<Client, 'query'>): Promise<ReportingSchema> {
  const { rows: schemas } = await client.query<{ comment: string | null }>(
    `select obj_description('reporting'::regnamespace) as comment`,
  )
  const { rows: views } = await client.query<Thing>(VIEWS)
  const { rows: functions } = await client.query<Thing>(FUNCTIONS)
  return { comment: schemas[0]?.comment ?? null, things: [...views, ...functions] }
}

const VIEWS = `
  select 'view' as kind, c.relname as name, '' as parameters, obj_description(c.oid) as comment, (
    select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'comment', col_description(c.oid, a.attnum)) order by a.attnum)
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
  from pg_class c where c.relnamespace = 'reporting'::regnamespace and c.relkind in ('v', 'm', 'r', 'f', 'p')
  order by c.oid`

const FUNCTIONS = `
  select 'function' as kind, p.proname as name, pg_get_function_identity_arguments(p.oid) as parameters,
    obj_description(p.oid) as comment, (
    select json_agg(json_build_object('name', given.name, 'type', format_type(given.type, null), 'comment', null)
      order by given.place)
    from unnest(p.proargnames, p.proallargtypes, p.proargmodes) with ordinality as given (name, type, mode, place)
    where given.mode = 't') as columns
  from pg_proc p where p.pronamespace = 'reporting'::regnamespace order by p.oid`
