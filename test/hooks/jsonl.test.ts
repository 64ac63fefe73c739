import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { createJsonlSender } from '../../src/hooks/jsonl.ts'
import { event } from '../support/webhook-attempts.ts'

async function tempFile(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'landfall-jsonl-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return join(dir, 'events.jsonl')
}

const send = (path: string, id = event.id) =>
  createJsonlSender().send({ path, format: 'cloudevents' }, { ...event, id }, new AbortController().signal)
const linesOf = async (path: string) => (await readFile(path, 'utf8')).split('\n')

test('each event is a line, whoever else writes at the same moment', async () => {
  const path = await tempFile()
  const ids = Array.from({ length: 200 }, (_, index) => `evt_${index}`)

  const outcomes = await Promise.all(ids.map((id) => send(path, id)))

  expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true)
  const lines = await linesOf(path)
  expect(lines.pop()).toBe('')
  expect(lines.map((line) => JSON.parse(line).id).sort()).toEqual(ids.sort())
})

test('half a line of a writer that was killed spoils none of ours', async () => {
  const path = await tempFile()
  await appendFile(path, '{"specversion":"1.0","id":"evt_ha')

  await send(path)

  const [half, line = ''] = await linesOf(path)
  expect(half).toBe('{"specversion":"1.0","id":"evt_ha')
  expect(JSON.parse(line)).toMatchObject({ id: event.id })
})

test('only its owner may read the file', async () => {
  const path = await tempFile()
  await send(path)

  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('a file that cannot be written is a failure', async () => {
  expect(await send('/nowhere/at/all.jsonl')).toEqual({
    kind: 'failed',
    reason: 'the file cannot be written (ENOENT)',
  })
})
