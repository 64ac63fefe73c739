import { createHash } from 'node:crypto'

import { sql } from 'drizzle-orm'

import type { Db } from './db.ts'
import { rowsOf } from './rows.ts'

/** `read` looks, `operate` also changes. */
export const SCOPES = ['read', 'operate'] as const
export type Scope = (typeof SCOPES)[number]

export type ApiTokenRow = {
  readonly name: string
  readonly scope: Scope
  readonly created_at: string
  readonly last_used_at: string | null
}

/** False where a token has this name already. */
export async function insertApiToken(
  db: Db,
  { name, scope, token }: { readonly name: string; readonly scope: Scope; readonly token: string },
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    insert into landfall.api_token (name, scope, hash) values (${name}, ${scope}, ${hashOf(token)})
    on conflict (name) do nothing returning name`)
  return rows.length > 0
}

export async function listApiTokens(db: Db): Promise<ApiTokenRow[]> {
  return rowsOf<ApiTokenRow>(
    db,
    sql`select name, scope, created_at, last_used_at from landfall.api_token order by name`,
  )
}

/** False where no token has this name. It lets nobody in from the next request on. */
export async function removeApiToken(db: Db, name: string): Promise<boolean> {
  const { rows } = await db.execute(sql`delete from landfall.api_token where name = ${name} returning name`)
  return rows.length > 0
}

export async function hasApiTokens(db: Db): Promise<boolean> {
  const { rows } = await db.execute(sql`select from landfall.api_token limit 1`)
  return rows.length > 0
}

/** Whose token it is, if anybody's; and notes that it was used. */
export async function findApiToken(
  db: Db,
  token: string,
): Promise<{ readonly name: string; readonly scope: Scope } | null> {
  const hash = hashOf(token)
  const { rows } = await db.execute<{ name: string; scope: Scope }>(sql`
    with used as (
      update landfall.api_token set last_used_at = now()
      where hash = ${hash} and coalesce(last_used_at < now() - interval '1 minute', true))
    select name, scope from landfall.api_token where hash = ${hash}`)
  return rows[0] ?? null
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
