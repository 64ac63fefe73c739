import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import { describe, expect, test } from 'vitest'

import { createSecret, publicKeyOf, sign } from '../../src/hooks/signature.ts'
import { needs } from '../support/needs.ts'

const page = readFileSync('docs/webhooks.md', 'utf8')
const snippets = (language: string) =>
  [...page.matchAll(/```(\w+)\n(.*?)```/gs)]
    .filter(([, of, code]) => of === language && code?.includes('verify('))
    .map(([, , code = '']) => code)

const [tsShared = '', tsPair = ''] = snippets('ts')
const [pythonShared = '', pythonPair = ''] = snippets('python')

const shared = createSecret('shared')
const pair = createSecret('pair')
const body = '{"type":"migration.completed","data":{"company":"Åse & søn 🛬"}}'

type Request = { headers: Record<string, string>; body: string }
const request = (secrets: string[], at = new Date()): Request => ({
  headers: sign(secrets, 'evt_1', at, body),
  body,
})

/** What a receiver must tell apart; the first four are ours. */
const requests = (secret: string): Request[] => [
  request([secret]),
  request([createSecret('shared'), secret]),
  request([secret, createSecret('pair')]),
  request([createSecret('pair'), secret, createSecret('shared')]),
  request([createSecret('shared')]),
  request([createSecret('pair')]),
  request([secret], new Date(Date.now() - 3_600_000)),
  { ...request([secret]), body: body.replace('completed', 'failed') },
  { ...request([secret]), headers: { ...request([secret]).headers, 'webhook-id': 'evt_2' } },
]
const EXPECTED = [true, true, true, true, false, false, false, false, false]

const env = {
  ...process.env,
  LANDFALL_WEBHOOK_SECRET: shared,
  LANDFALL_WEBHOOK_KEY: publicKeyOf(pair) ?? '',
}
const run = (program: string, args: string[], input: unknown) =>
  JSON.parse(execFileSync(program, args, { env, input: JSON.stringify(input), encoding: 'utf8' }))

const runTypeScript = (code: string, input: Request[]) => {
  const rest = `
    import { text } from 'node:stream/consumers'
    const all = JSON.parse(await text(process.stdin)) as { headers: Record<string, string>; body: string }[]
    console.log(JSON.stringify(all.map(({ headers, body }) => verify(headers, body))))`
  return run(process.execPath, ['--no-warnings', '--input-type=module-typescript', '-e', code + rest], input)
}
const runPython = (code: string, input: Request[]) => {
  const rest = `
import json, sys
print(json.dumps([verify(one["headers"], one["body"].encode()) for one in json.load(sys.stdin)]))`
  return run('python3', ['-c', code + rest], input)
}

const hasPython = (modules: string) => spawnSync('python3', ['-c', `import ${modules}`]).status === 0

describe("the receivers' page", () => {
  test('has a snippet for each language and each kind of secret', () => {
    expect([tsShared, tsPair, pythonShared, pythonPair].every((code) => code !== '')).toBe(true)
  })

  test('verifies shared secrets in TypeScript', () => {
    expect(runTypeScript(tsShared, requests(shared))).toEqual(EXPECTED)
  })

  test('verifies pairs in TypeScript', () => {
    expect(runTypeScript(tsPair, requests(pair))).toEqual(EXPECTED)
  })

  test('verifies shared secrets in Python', needs('python3', hasPython('hmac')), () => {
    expect(runPython(pythonShared, requests(shared))).toEqual(EXPECTED)
  })

  test('verifies pairs in Python', needs("Python's package cryptography", hasPython('cryptography')), () => {
    expect(runPython(pythonPair, requests(pair))).toEqual(EXPECTED)
  })
})
