import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'

import { whyAddressForbidden, whyHostForbidden } from '../../src/runtime/public-address.ts'

const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:82b::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
]

/** First, last and one address in the middle of what is not public. */
const FORBIDDEN = `
  0.0.0.0 0.1.2.3 0.255.255.255
  10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255
  127.0.0.0 127.0.0.1 127.255.255.255 169.254.0.1 169.254.169.254 169.254.170.2
  172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255
  192.0.0.8 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9
  168.63.129.16 100.100.100.200
  224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255
  :: ::1 ::2 ::127.0.0.1 ::8.8.8.8 ::ffff:0:127.0.0.1
  ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0
  64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::a00:1 64:ff9b:1::8.8.8.8 64:ff9b:1::10.0.0.1
  2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe::
  2001:0:7f00:1:0:0:f7f7:f7f7 2001:0:808:808:0:0:80ff:fffe 2001:0:808:808:0:0:f5ff:fffe
  fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fe80::1%eth0 febf::1 fec0::1
  ff02::1 ff0e::1 100::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 5f00::1
  4000::1 8000::1 1::1 e000::1
`
  .trim()
  .split(/\s+/)

describe('whyAddressForbidden', () => {
  test.each(PUBLIC)('%s is public', (address) => {
    expect(whyAddressForbidden(address)).toBeNull()
  })

  test.each(FORBIDDEN)('%s is not', (address) => {
    expect(whyAddressForbidden(address)).toContain(address)
  })

  test('what is no address at all is not public', () => {
    expect(whyAddressForbidden('example.com')).toBe('example.com is not an IP address')
    expect(whyAddressForbidden('')).toContain('not an IP address')
  })

  test('says why in words', () => {
    expect(whyAddressForbidden('169.254.169.254')).toBe('169.254.169.254 is a cloud metadata address')
    expect(whyAddressForbidden('10.0.0.1')).toBe('10.0.0.1 is not a public address (private)')
    expect(whyAddressForbidden('64:ff9b::7f00:1')).toBe(
      '64:ff9b::7f00:1 is an IPv6 form of 127.0.0.1, not a public address (loopback)',
    )
  })

  test('an IPv4 address is judged the same in every IPv6 form that leads to it', () => {
    const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(octets, (bytes) => {
        const plain = whyAddressForbidden(bytes.join('.')) === null
        const inverted = bytes.map((byte) => byte ^ 0xff)
        const forms = [
          [...Array(10).fill(0), 0xff, 0xff, ...bytes],
          [0, 0x64, 0xff, 0x9b, ...Array(8).fill(0), ...bytes],
          [0x20, 0x02, ...bytes, ...Array(10).fill(0)],
          [0x20, 0x01, 0, 0, 8, 8, 8, 8, 0, 0, 0, 0, ...inverted],
          [0x20, 0x01, 0, 0, ...bytes, 0, 0, 0, 0, 0xf7, 0xf7, 0xf7, 0xf7],
        ]
        for (const form of forms) {
          const text = ipaddr.fromByteArray(form).toString()
          expect([text, whyAddressForbidden(text) === null]).toEqual([text, plain])
        }
      }),
    )
  })
})

describe('whyHostForbidden', () => {
  test.each(
    `127.1 127.0.1 0x7f.1 0x7F.0.0.1 0177.0.0.1 0177.0.0.01 2130706433 0x7f000001 017700000001 0
     127.0.0.1. 127.0.0.1.. [::1] [::ffff:7f00:1] 10.1 0xa000001 0xa9fea9fe 2852039166 192.168.257
     localhost LOCALHOST localhost. api.localhost localhost.localdomain ip6-localhost
     metadata metadata.google.internal Metadata.Google.Internal. metadata.goog instance-data`.split(/\s+/),
  )('%s is recognised without asking DNS', (host) => {
    expect(whyHostForbidden(host)).not.toBeNull()
  })

  test.each([
    'example.com',
    'localhost.example.com',
    'notlocalhost',
    '8.8.8.8',
    '[2606:4700::1]',
    '10.example',
  ])('%s is not held back', (host) => {
    expect(whyHostForbidden(host)).toBeNull()
  })
})
