import { createBell } from '../../src/http/bell.ts'
import { createHttpServer, type HttpServerOptions } from '../../src/http/server.ts'
import { createHookActions } from '../../src/work/hook-actions.ts'
import { type createTestAccount, log } from '../support/account.ts'

type Landfall = Pick<Awaited<ReturnType<typeof createTestAccount>>, 'db' | 'account' | 'deps'>

/** The API alone, without a daemon around it. */
export function createApi({ db, account }: Landfall, change: Partial<HttpServerOptions> = {}) {
  return createHttpServer({
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    apiToken: null,
    log,
    db,
    bell: createBell(),
    accounts: [],
    rates: new Map([[account.name, account.rate]]),
    version: '0',
    foretell: async () => null,
    explain: async () => ({ suspended: false, next_reading_at: null, why: 'ended' }),
    track: async () => null,
    resume: async () => null,
    create: async () => null,
    takeHint: async () => null,
    scrape: async () => ({ contentType: 'text/plain', body: '' }),
    boardQueues: () => [],
    hookActions: createHookActions(
      { db, vault: null, configured: new Set(), allowPrivate: true },
      { hooks: new Map(), reload: async () => undefined },
    ),
    ...change,
  })
}
