import { copyFile, stat, truncate } from 'node:fs/promises'

const maxBytes = 10 * 1024 * 1024

/** Keeps one older file. The server appends, so it goes on at the start of the emptied one. */
export async function trimLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (info) => info.size,
    () => 0,
  )
  if (size < maxBytes) return
  await copyFile(path, `${path}.1`)
  await truncate(path)
}
