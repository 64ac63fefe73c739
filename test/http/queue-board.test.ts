import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { startDaemon } from '../../src/daemon.ts'
import { testAccount, testConfig, testLog } from '../support/daemon.ts'
import { createDatabase } from '../support/database.ts'
import { canStartRedisServer, NEEDS_REDIS, startRedisServer } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'

const TOKEN = 'a token of some length'
const basic = { authorization: `Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}` }

async function serve(backend: 'postgres' | 'redis'): Promise<string> {
  const database = await createDatabase()
  onTestFinished(() => database.drop())
  const redis = backend === 'redis' ? await startRedisServer() : null
  onTestFinished(async () => void (await redis?.stop()))
  const config = testConfig({
    databaseUrl: database.url,
    redisUrl: redis?.url ?? null,
    accounts: [testAccount('http://127.0.0.1:1')],
    roles: new Set(['plan', 'serve'] as const),
    apiToken: TOKEN,
  })
  const daemon = await startDaemon(config, testLog, () => undefined)
  onTestFinished(() => daemon.stop())
  return daemon.url ?? ''
}

describe.each(['postgres', 'redis'] as const)('Bull Board on %s', (backend) => {
  beforeEach(({ skip }) => skip(backend === 'redis' && !canStartRedisServer(), NEEDS_REDIS))

  test('shows the queues to who knows a token, and lets nobody change them', async () => {
    const url = await serve(backend)
    const refused = await fetch(`${url}/queue/`)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Landfall"'])
    const page = await fetch(`${url}/queue/`, { headers: basic })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const [, script = ''] = /src="(\/?[^"]+\.js)"/.exec(await page.text()) ?? []
    expect((await fetch(new URL(script, `${url}/queue/`), { headers: basic })).status).toBe(200)

    const shown = await waitFor(
      async () => {
        const response = await fetch(`${url}/queue/api/queues`, { headers: basic })
        const { queues } = (await response.json()) as { queues: { name: string; readOnlyMode: boolean }[] }
        return queues.length === 3 ? queues : null
      },
      { what: 'the queues' },
    )
    expect(shown.map(({ name, readOnlyMode }) => [name, readOnlyMode])).toEqual([
      ['schedule', true],
      ['requests', true],
      ['deliveries', true],
    ])
    const change = await fetch(`${url}/queue/api/queues/schedule/pause`, { method: 'PUT', headers: basic })
    expect(change.status).toBe(403)
  }, 60_000)
})
