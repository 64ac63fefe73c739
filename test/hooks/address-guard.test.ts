import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

import { type Agent, request } from 'undici'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { createGuardedAgent, ForbiddenAddressError, type LookupAll } from '../../src/hooks/address-guard.ts'
import { createWebhookReceiver } from '../support/webhook-receiver.ts'

const PUBLIC = '93.184.216.34'
/** Public by its form, given to nobody: what tests may dial. */
const NOBODY = '2d00::1'

const receiver = createWebhookReceiver()
beforeEach(() => receiver.start())
afterEach(async () => {
  receiver.requests.length = 0
  await receiver.stop()
})

function agentWith(lookup?: LookupAll, allowPrivate = false): Agent {
  const agent = createGuardedAgent({ allowPrivate, connectTimeoutMs: 5_000, ...(lookup && { lookup }) })
  onTestFinished(() => agent.close())
  return agent.dispatcher
}

/** A resolver that gives these answers, one per question; the last one stays. */
function resolverOf(...answers: string[][]): { lookup: LookupAll; asked: string[] } {
  const asked: string[] = []
  const lookup: LookupAll = (hostname, _options, callback) => {
    asked.push(hostname)
    const addresses = answers.length > 1 ? answers.shift() : answers[0]
    callback(
      null,
      addresses?.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return { lookup, asked }
}

/** Notes every address that a socket dials, and hangs up. */
function watchDials(): string[] {
  const dialled: string[] = []
  const watch = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    socket.on('connectionAttempt', (address: string) => {
      dialled.push(address)
      setImmediate(() => socket.destroy(new Error('hung up')))
    })
  }
  channel('net.client.socket').subscribe(watch)
  onTestFinished(() => void channel('net.client.socket').unsubscribe(watch))
  return dialled
}

const call = (host: string, dispatcher: Agent) =>
  request(`http://${host}:${receiver.port}/hook`, { dispatcher, method: 'POST', body: '{}' })

/** Every way to write an inner address that a URL lets through. */
const SPELLINGS = `
  127.0.0.1 127.0.0.1. 127.1 127.0.1 127.255.255.254 0x7f.1 0x7f.0.0.1 0x7F.0x0.0x0.0x1 0177.1 0177.0.0.1
  00000177.0.0.1 0177.0.0.01 2130706433 0x7f000001 017700000001 0x7f.0.1 127.0x1 127.00000000.1
  %31%32%37.0.0.1 127%2e0%2e0%2e1 １２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 127｡0｡0｡1
  0 0.0.0.0 0x0 00.0.0.0 0.0.0.1 0.255.255.255
  10.0.0.1 10.1 0xa000001 167772161 012.0.0.1 172.16.0.1 172.31.255.255 0xac100001 192.168.0.1 192.168.1 3232235521
  169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518 169.254.170.2
  100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1
  224.0.0.1 240.0.0.1 255.255.255.255 192.88.99.1
  [::] [::1] [0:0:0:0:0:0:0:1] [0000:0000::0001] [::127.0.0.1] [::7f00:1]
  [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:1] [::FFFF:10.0.0.1] [::ffff:169.254.169.254] [::ffff:0:127.0.0.1]
  [64:ff9b::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::1]
  [2002:7f00:1::] [2002:a9fe:a9fe::1] [2001:0:7f00:1::] [2001:0:808:808:0:0:80ff:fffe]
  [fc00::1] [fd00::1] [fd00:ec2::254] [fe80::1] [fec0::1] [ff02::1] [100::1] [2001:db8::1] [3fff::1] [4000::1]
  localhost LOCALHOST localhost. lOcAlHoSt.. %6cocalhost ⓛocalhost api.localhost localhost.localdomain ip6-localhost
  metadata metadata.google.internal metadata.google.internal. METADATA.GOOGLE.INTERNAL metadata.goog instance-data
`
  .trim()
  .split(/\s+/)

describe('createGuardedAgent', () => {
  test('the list of spellings is long', () => {
    expect(new Set(SPELLINGS).size).toBeGreaterThan(100)
  })

  test.each(SPELLINGS)('refuses %s before any lookup or packet', async (host) => {
    const { lookup, asked } = resolverOf([PUBLIC])
    const dialled = watchDials()

    const error = await call(host, agentWith(lookup)).catch((reason: unknown) => reason)

    // Some spellings are no URL for every version of Node; then nothing can be sent either.
    if (!(error instanceof TypeError)) expect(error).toBeInstanceOf(ForbiddenAddressError)
    expect({ asked, dialled, received: receiver.requests.length }).toEqual({
      asked: [],
      dialled: [],
      received: 0,
    })
  })

  test('refuses a name that leads to an inner address, and says so', async () => {
    const { lookup } = resolverOf(['10.0.0.7'])

    await expect(call('hooks.example', agentWith(lookup))).rejects.toThrow(
      'hooks.example leads to 10.0.0.7 is not a public address (private)',
    )
  })

  test.each([
    [[PUBLIC, '127.0.0.1']],
    [['127.0.0.1', PUBLIC]],
    [[PUBLIC, NOBODY, '::1']],
    [['64:ff9b::7f00:1', PUBLIC]],
    [[PUBLIC, 'fe80::1%eth0']],
    [[PUBLIC, 'nonsense']],
  ])('refuses a name with mixed answers: %j', async (answer) => {
    const dialled = watchDials()

    await expect(call('mixed.example', agentWith(resolverOf(answer).lookup))).rejects.toThrow(
      ForbiddenAddressError,
    )
    expect(dialled).toEqual([])
  })

  test('dials the address that was checked, without asking again', async () => {
    const dialled = watchDials()
    const { lookup, asked } = resolverOf([NOBODY], ['127.0.0.1'])

    await expect(call('rebind.example', agentWith(lookup))).rejects.toThrow()

    expect(asked).toEqual(['rebind.example'])
    expect(dialled).toEqual([NOBODY])
    expect(receiver.requests).toEqual([])
  })

  test('checks again on the next attempt, when the name has moved inside', async () => {
    const dialled = watchDials()
    const { lookup } = resolverOf([NOBODY], ['127.0.0.1'])
    const agent = agentWith(lookup)

    await expect(call('rebind.example', agent)).rejects.not.toThrow(ForbiddenAddressError)
    await expect(call('rebind.example', agent)).rejects.toThrow(ForbiddenAddressError)

    expect(dialled).toEqual([NOBODY])
    expect(receiver.requests).toEqual([])
  })

  test('a name without addresses, and one that cannot be resolved, are plain failures', async () => {
    const failing: LookupAll = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), undefined)

    await expect(call('empty.example', agentWith(resolverOf([]).lookup))).rejects.toThrow('no address')
    await expect(call('missing.example', agentWith(failing))).rejects.toThrow('no such name')
  })

  test('close ends a connection that is still being made', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const sockets: Socket[] = []
    const watch = (message: unknown) => void sockets.push((message as { socket: Socket }).socket)
    channel('net.client.socket').subscribe(watch)
    onTestFinished(() => void channel('net.client.socket').unsubscribe(watch))
    const agent = createGuardedAgent({
      allowPrivate: false,
      connectTimeoutMs: 60_000,
      lookup: () => resolve(),
    })
    const called = call('never.example', agent.dispatcher).catch((error: unknown) => error)

    await asked
    await agent.close()

    expect(await called).toBeInstanceOf(Error)
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true])
  })

  test('allowPrivate reaches a loopback server, by address and by name', async () => {
    const { lookup } = resolverOf(['127.0.0.1'])
    const agent = agentWith(lookup, true)

    for (const host of ['127.0.0.1', 'localhost', 'inner.example']) {
      const { statusCode, body } = await call(host, agent)
      await body.dump()
      expect(statusCode).toBe(200)
    }
    expect(receiver.requests).toHaveLength(3)
  })
})
