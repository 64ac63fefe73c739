import { chmod, lstat, mkdir } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Creates the folder with everything missing above it, open to enter whatever the umask says. */
export async function createEnterableDir(dir: string): Promise<void> {
  const first = await mkdir(dir, { recursive: true })
  if (!first || process.platform === 'win32') return
  const top = resolve(first)
  for (let each = resolve(dir); each.startsWith(top); each = dirname(each)) await chmod(each, 0o755)
}

/** Folders of our own outside the project, best first. */
function sharedPlaces(): string[] {
  const uid = process.getuid?.() ?? 0
  const first = uid === 0 ? '/var/lib/landfall' : join(homedir(), '.cache', 'landfall')
  return [first, join(tmpdir(), `landfall-${uid}`)]
}

/** Names in the temporary folder can be guessed, so one that somebody else made is not taken. */
export async function isOurs(dir: string): Promise<boolean> {
  const info = await lstat(dir).catch(() => null)
  return info?.isDirectory() === true && (!process.getuid || info.uid === process.getuid())
}

export async function findSharedPlaces(): Promise<string[]> {
  const places: string[] = []
  for (const dir of sharedPlaces()) if (await isOurs(dir)) places.push(dir)
  return places
}

export async function createSharedPlace(): Promise<string> {
  const problems: string[] = []
  for (const dir of sharedPlaces()) {
    const problem = await createEnterableDir(dir).then(
      () => 'it belongs to somebody else',
      (err: Error) => err.message,
    )
    if (await isOurs(dir)) return dir
    problems.push(`${dir}: ${problem}`)
  }
  throw new Error(`Found no place for the embedded Postgres (${problems.join('; ')})`)
}
