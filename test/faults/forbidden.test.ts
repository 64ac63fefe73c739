import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, test } from 'vitest'

import { query } from '../support/account.ts'
import { testAccount } from '../support/daemon.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  type After,
  countPolls,
  createWorld,
  makeAllDue,
  STILL_LIVES,
  startTestDaemon,
} from '../support/world.ts'

/** The provider, but this one migration is none of the key's business. */
async function forbid(after: After, baseUrl: string, id: string) {
  const { hostname, port } = new URL(baseUrl)
  let refused = 0
  const server = createServer(({ url: path = '', headers }, response) => {
    if (path.endsWith(id)) {
      refused += 1
      response.writeHead(403).end('{}')
      return
    }
    const onward = request({ hostname, port, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy()).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, countRefused: () => refused }
}

test('a single migration that may not be read suspends nothing and keeps no other waiting', async ({
  onTestFinished: after,
}) => {
  const world = await createWorld(after, { simulator: { ...STILL_LIVES, migrations: 40 } })
  const { db, simulator } = world
  const id = simulator.truth()[0]?.id ?? ''
  const { url, countRefused } = await forbid(after, world.config.accounts[0]?.baseUrl ?? '', id)
  await startTestDaemon(after, { ...world.config, accounts: [testAccount(url)] })

  await waitFor(async () => (await makeAllDue(db)) && countRefused() >= 4, {
    what: 'refusals',
    timeoutMs: 20_000,
  })
  const before = countPolls(world)
  const goesOn = async () => (await makeAllDue(db)) && countPolls(world) > before + 100
  await waitFor(goesOn, { what: 'the others to be polled', timeoutMs: 20_000 })

  const events = `select type from reporting.events where type in ('account.suspended', 'account.resumed')`
  expect(await query(db, events)).toEqual([])
}, 180_000)
