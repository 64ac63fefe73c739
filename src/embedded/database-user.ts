import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** The account the server runs under; null means the one this process has. */
export interface DatabaseUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const run = promisify(execFile)

/** Postgres refuses to run as root, so root lends it another account; nothing is added to the machine for it. */
export async function findDatabaseUser(
  candidates: readonly string[] = ['postgres', 'nobody'],
): Promise<DatabaseUser | null> {
  if (process.getuid?.() !== 0) return null
  const users = parsePasswd(await readFile('/etc/passwd', 'utf8'))
  for (const name of candidates) {
    const user = users.find((each) => each.name === name)
    if (user) return user
  }
  throw new Error(
    `Postgres does not run as root, and /etc/passwd has none of the accounts ${candidates.join(', ')}. ` +
      'Add one, start Landfall as an ordinary user, or set DATABASE_URL to a Postgres of your own.',
  )
}

function parsePasswd(text: string): DatabaseUser[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4 && !fields[0]?.startsWith('#'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }))
    .filter((user) => user.uid !== 0)
}

/** Options for a child of this user. Its working directory is one that everybody can enter. */
export function asUser(user: DatabaseUser | null, extraEnv: Record<string, string> = {}) {
  // Windows programs need the inherited environment; elsewhere PG* and locale variables would only do harm.
  if (process.platform === 'win32') return {}
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', ...extraEnv }
  return { cwd: '/', env, ...(user && { uid: user.uid, gid: user.gid }) }
}

/** Runs a program to its end; throws with what it printed. */
export async function runAs(
  user: DatabaseUser | null,
  file: string,
  args: string[],
  input = '',
): Promise<string> {
  try {
    const running = run(file, args, asUser(user))
    running.child.stdin?.on('error', () => {}).end(input)
    return (await running).stdout
  } catch (err) {
    const { stderr = '', stdout = '', message } = err as Error & { stderr?: string; stdout?: string }
    throw new Error(`${file} failed: ${stderr.trim() || stdout.trim() || message}`)
  }
}

/** Tried rather than computed: modes, access lists and mounts of every folder on the way have a say. */
export async function canEnter(user: DatabaseUser | null, dir: string): Promise<boolean> {
  if (!user) return true
  try {
    await run('/bin/sh', ['-c', 'test -x "$1"', 'sh', dir], asUser(user))
    return true
  } catch (cause) {
    if (typeof (cause as { code?: unknown }).code === 'number') return false
    const why = `Postgres does not run as root, and this process may not start programs as ${user.name}`
    throw new Error(`${why}. Start Landfall as an ordinary user, or set DATABASE_URL.`, { cause })
  }
}
