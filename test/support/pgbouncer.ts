import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'
import type { TestContext } from 'vitest'

import { findFreePort } from './free-port.ts'
import { needs } from './needs.ts'
import { waitFor } from './wait-for.ts'

/** Debian's lies in a folder that is not on the PATH of every user. */
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }
const hasPgbouncer = spawnSync('pgbouncer', ['--version'], { env }).status === 0
export const NEEDS_PGBOUNCER = needs('PgBouncer (install pgbouncer)', hasPgbouncer)
/** It refuses to run as root. */
const NOBODY = 65_534

/** The URL of a pooler in front of the database, with its own defaults otherwise. */
export async function startPgbouncer(
  after: TestContext['onTestFinished'],
  databaseUrl: string,
  mode: 'session' | 'transaction',
): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const home = mkdtempSync(join(tmpdir(), 'landfall-pgbouncer-'))
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(home, NOBODY, NOBODY)
  const listenPort = await findFreePort()
  const ini = join(home, 'pgbouncer.ini')
  writeFileSync(join(home, 'users.txt'), `"${username}" "${password}"\n`)
  writeFileSync(
    ini,
    `[databases]
${pathname.slice(1)} = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
auth_type = trust
auth_file = ${join(home, 'users.txt')}
unix_socket_dir =
pool_mode = ${mode}
`,
  )
  const who = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  const child = spawn('pgbouncer', [ini], { ...who, env, stdio: 'ignore' })
  const exited = once(child, 'exit')
  after(async () => {
    child.kill('SIGKILL')
    await exited
    rmSync(home, { recursive: true, force: true })
  })
  const url = `postgres://${username}:${password}@127.0.0.1:${listenPort}${pathname}`
  await waitFor(() => answers(url), { what: 'PgBouncer to answer' })
  return url
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  await client.end()
  return true
}
