import { readFile } from 'node:fs/promises'

import { flawOfKey } from '../domain/key-form.ts'

/** A key whose file may get another one while the process runs. */
export interface KeyFile {
  readonly current: () => string
  /**
   * Reads the file anew; true where the key is another one than `used` now. A file that is missing, empty or holds no key, as
   * for a moment while it is replaced, leaves the key as it is.
   */
  readonly renew: (used: string) => Promise<boolean>
}

/** By its path each time, so that a symbolic link may point elsewhere by then. */
export function createKeyFile(path: string, first: string): KeyFile {
  let key = first
  return {
    current: () => key,
    async renew(used) {
      const text = (await readFile(path, 'utf8').catch(() => '')).trim()
      if (text !== '' && flawOfKey(text) === null) key = text
      return key !== used
    },
  }
}
