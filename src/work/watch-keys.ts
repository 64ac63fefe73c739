import type { Service } from '../runtime/service.ts'
import { probeNow } from '../store/accounts.ts'
import type { Deps } from './deps.ts'

/** How often the key files are read, beside each time that the provider refuses a key. */
const READ_EVERY_MS = 10_000

/** Takes up keys that were put in place, in every process, and has a suspended account try its new one soon. */
export function createKeyWatch(
  { db, log, accounts }: Pick<Deps, 'db' | 'log' | 'accounts'>,
  everyMs = READ_EVERY_MS,
): Service {
  const files = [...accounts.values()].flatMap(({ name, key }) => (key === undefined ? [] : [{ name, key }]))
  let timer: NodeJS.Timeout | null = null
  let reading: Promise<void> | null = null

  async function readAll(): Promise<void> {
    for (const { name, key } of files) {
      // One that holds the same key as before has nothing to tell.
      if (!(await key.renew(key.current()))) continue
      log.info({ account: name }, 'account.key_read')
      await probeNow(db, name)
    }
  }

  function readSoon(): void {
    reading ??= readAll()
      .catch((err: unknown) => log.warn({ err }, 'account.key_not_tried'))
      .finally(() => {
        reading = null
      })
  }

  return {
    name: 'key files',
    async start() {
      if (files.length > 0) timer = setInterval(readSoon, everyMs)
    },
    async stop() {
      if (timer !== null) clearInterval(timer)
      await reading
    },
  }
}
