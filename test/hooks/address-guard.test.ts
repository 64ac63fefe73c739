import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
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

describe('1,000 generated URLs', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  const innerIpv4 = fc
    .tuple(
      fc.constantFrom(
        [10],
        [127],
        [0],
        [169, 254],
        [192, 168],
        [172, 16],
        [172, 31],
        [100, 64],
        [100, 127],
        [198, 18],
        [192, 0, 2],
        [224],
        [255],
      ),
      fc.array(octet, { minLength: 4, maxLength: 4 }),
    )
    .map(([head, rest]) => [...head, ...rest].slice(0, 4))

  const number = ([a = 0, b = 0, c = 0, d = 0]: number[]) => ((a * 256 + b) * 256 + c) * 256 + d
  const hex = (value: number) => `0x${value.toString(16)}`
  const octal = (value: number) => `0${value.toString(8)}`
  const pairs = (bytes: number[]) => ipaddr.fromByteArray(bytes).toString()

  /** Every way that we know to write one IPv4 address. */
  const spelling = fc.constantFrom<(bytes: number[]) => string>(
    (bytes) => bytes.join('.'),
    (bytes) => `${bytes.join('.')}.`,
    (bytes) => bytes.map(hex).join('.'),
    (bytes) => bytes.map(octal).join('.'),
    (bytes) => bytes.map((byte, index) => [hex, octal, String][index % 3]?.(byte)).join('.'),
    (bytes) => String(number(bytes)),
    (bytes) => hex(number(bytes)),
    (bytes) => octal(number(bytes)),
    (bytes) => `${bytes[0]}.${number([0, ...bytes.slice(1)])}`,
    (bytes) => `${bytes[0]}.${bytes[1]}.${number([0, 0, ...bytes.slice(2)])}`,
    (bytes) => encodeURIComponent(bytes.join('.')).replaceAll('.', '%2e'),
    (bytes) => bytes.join('。'),
    (bytes) => `[::ffff:${bytes.join('.')}]`,
    (bytes) => `[${pairs([...Array(10).fill(0), 255, 255, ...bytes])}]`,
    (bytes) => `[64:ff9b::${bytes.join('.')}]`,
    (bytes) => `[${pairs([0x20, 0x02, ...bytes, ...Array(10).fill(1)])}]`,
    (bytes) => `[::${bytes.join('.')}]`,
  )
  const innerIpv6 = fc
    .tuple(
      fc.constantFrom([0xfc, 0], [0xfd, 7], [0xfe, 0x80], [0xff, 2]),
      fc.array(octet, { minLength: 14, maxLength: 14 }),
    )
    .map(([head, rest]) => `[${pairs([...head, ...rest])}]`)
  const written = fc.oneof(
    { arbitrary: fc.tuple(innerIpv4, spelling).map(([bytes, write]) => write(bytes)), weight: 8 },
    { arbitrary: innerIpv6, weight: 1 },
    { arbitrary: fc.constantFrom(...SPELLINGS), weight: 1 },
  )
  /** What a name may resolve to: one inner address at least, among others or alone. */
  const answer = fc
    .tuple(innerIpv4, fc.constantFrom([], [PUBLIC], [PUBLIC, NOBODY]), fc.boolean())
    .map(([bytes, others, isFirst]) =>
      isFirst ? [bytes.join('.'), ...others] : [...others, bytes.join('.')],
    )
  const cut = fc.constantFrom('/', '/hook?x=1', '/hook#@93.184.216.34/', '/%2e%2e/', ':80/', ':8443/a')

  test('none of them leads to a call of an inner address', async () => {
    const dialled = watchDials()
    const outcomes: unknown[] = []
    let refused = 0
    const called = async (url: string, addresses: string[]) => {
      const agent = createGuardedAgent({
        allowPrivate: false,
        connectTimeoutMs: 5_000,
        lookup: resolverOf(addresses).lookup,
      })
      try {
        outcomes.push(await request(url, { dispatcher: agent.dispatcher, method: 'POST', body: '{}' }))
      } catch (error) {
        // What no version of Node takes for a URL cannot be called either.
        if (error instanceof ForbiddenAddressError) refused += 1
        else if (!(error instanceof TypeError)) outcomes.push([url, addresses, error])
      } finally {
        await agent.close()
      }
    }

    const host = fc.oneof(
      { arbitrary: fc.tuple(written, fc.constant<string[]>([PUBLIC])), weight: 3 },
      { arbitrary: fc.tuple(fc.domain(), answer), weight: 1 },
    )
    const scheme = fc.constantFrom('http', 'https')
    await fc.assert(
      fc.asyncProperty(scheme, host, cut, (by, [name, addresses], rest) =>
        called(`${by}://${name}${rest}`, addresses),
      ),
      { numRuns: 1_000 },
    )

    expect(outcomes).toEqual([])
    expect(refused).toBeGreaterThan(900)
    expect(dialled).toEqual([])
    expect(receiver.requests).toEqual([])
  })
})
