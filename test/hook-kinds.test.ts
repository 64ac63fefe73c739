import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Queue } from 'bullmq'
import { expect, test } from 'vitest'

import type { HookConfig } from '../src/config/config.ts'
import { TERMINAL_EVENT_TYPES } from '../src/domain/event-type.ts'
import { query } from './support/account.ts'
import { needs } from './support/needs.ts'
import { canStartRedisServer, NEEDS_REDIS } from './support/redis-server.ts'
import {
  callsTo,
  createWorld,
  startReceiver,
  startRedis,
  startTestDaemon,
  waitForTruth,
} from './support/world.ts'

test('hooks of every kind get every ending, from one outbox', {
  timeout: 120_000,
  ...needs(NEEDS_REDIS, canStartRedisServer()),
}, async ({ onTestFinished: after }) => {
  const dir = await mkdtemp(join(tmpdir(), 'landfall-kinds-'))
  after(() => rm(dir, { recursive: true, force: true }))
  const redis = await startRedis(after)
  const world = await createWorld(after, {
    redisUrl: redis.url,
    simulator: { migrations: 40, history: 5, arrivalS: 120 },
  })
  const slack = await startReceiver(after)
  const [lines, output, program] = ['events.jsonl', 'output.jsonl', 'take.mjs'].map((name) => join(dir, name))
  if (lines === undefined || output === undefined || program === undefined) throw new Error('no files')
  await writeFile(program, `import fs from 'node:fs'; fs.appendFileSync(process.argv[2], fs.readFileSync(0))`)

  const events = TERMINAL_EVENT_TYPES
  const format = 'cloudevents' as const
  const others: HookConfig[] = [
    { name: 'slack', kind: 'slack', url: slack.url, link: null, events },
    {
      name: 'command',
      kind: 'command',
      command: [process.execPath, program, output],
      timeoutMs: 15_000,
      events,
      format,
    },
    { name: 'queue', kind: 'queue', queue: 'landings', events, format },
    { name: 'jsonl', kind: 'jsonl', path: lines, events, format },
  ]
  const publicUrl = 'https://ops.example.test/landfall'
  await startTestDaemon(after, { ...world.config, publicUrl, hooks: [...world.config.hooks, ...others] })
  const told = async () => (await query(world.db, 'select 1 from reporting.deliveries')).length
  await expect.poll(told, { timeout: 60_000 }).toBeGreaterThan(25)
  world.simulator.freeze()
  await waitForTruth(world.db, () => world.simulator.truth())

  const ids = new Set(callsTo(world.receiver).map(({ id }) => id))
  const idsIn = async (file: string) => {
    const texts = (await readFile(file, 'utf8')).trimEnd().split('\n')
    return new Set(texts.map((text) => (JSON.parse(text) as { id: string }).id))
  }
  const queue = new Queue('landings', { connection: { url: redis.url } })
  after(() => queue.close())
  const jobs = await queue.getJobs(['waiting'])

  expect(ids.size).toBeGreaterThan(4)
  expect(await idsIn(lines)).toEqual(ids)
  expect(await idsIn(output)).toEqual(ids)
  expect(new Set(jobs.map(({ id }) => id))).toEqual(ids)
  expect(slack.requests.length).toBeGreaterThanOrEqual(ids.size)
  // The counts of the account, asked of the database.
  expect(slack.requests.at(-1)?.body).toMatch(/\d+ succeeded/)
  // Where people reach the page.
  expect(slack.requests.at(-1)?.body).toContain(`<${publicUrl}/#/migrations/acme/`)
})
