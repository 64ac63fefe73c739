import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Reached from inside a cloud's machine only; some lie in ranges that look public. */
const METADATA_ADDRESSES = new Set([
  '169.254.169.254', // AWS, Google, Azure and most others
  '169.254.170.2', // AWS ECS
  '169.254.170.23', // AWS EKS
  '100.100.100.200', // Alibaba
  '168.63.129.16', // Azure's host
  '192.0.0.192', // Oracle
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS EKS
  'fd20:ce::254', // Google
])

const INNER_NAMES =
  /^(?:(?:.+\.)?localhost|(?:.+\.)?localdomain|ip6-localhost|ip6-loopback|metadata|(?:.+\.)?metadata\.google\.internal|metadata\.goog|instance-data(?:\.ec2\.internal)?)$/

/** IPv6 ranges that carry IPv4 addresses, and where: the packets end up at those. */
const CARRIERS: readonly { range: [ipaddr.IPv6, number]; carried: (bytes: number[]) => number[][] }[] = [
  { range: ipaddr.IPv6.parseCIDR('::ffff:0:0/96'), carried: (bytes) => [bytes.slice(12)] },
  // NAT64: what DNS64 answers for every public IPv4 host in an IPv6-only network.
  { range: ipaddr.IPv6.parseCIDR('64:ff9b::/96'), carried: (bytes) => [bytes.slice(12)] },
  // 6to4.
  { range: ipaddr.IPv6.parseCIDR('2002::/16'), carried: (bytes) => [bytes.slice(2, 6)] },
  // Teredo: the server, and the client with all bits inverted.
  {
    range: ipaddr.IPv6.parseCIDR('2001::/32'),
    carried: (bytes) => [bytes.slice(4, 8), bytes.slice(12).map((byte) => byte ^ 0xff)],
  },
]

/** IANA gives out global unicast from here only; the rest is special or not assigned. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Why a URL's host may not be called, in words; null where it may, or where it is a name that has yet to be resolved.
 * Reads every spelling that a resolver would (`0x7f.1`, `017700000001`, `2130706433`, `[::ffff:7f00:1]`).
 */
export function whyHostForbidden(host: string): string | null {
  const plain = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
  if (ipaddr.isValid(plain)) return whyAddressForbidden(plain)
  return INNER_NAMES.test(plain) ? `${plain} is a name of this machine or its cloud` : null
}

/** Why an address is not public unicast, in words; null where it is. */
export function whyAddressForbidden(text: string): string | null {
  if (!ipaddr.isValid(text)) return `${text} is not an IP address`
  // ipaddr.js takes `::1.2.3.4` for the mapped `::ffff:1.2.3.4`; the two are dialled differently.
  const what = nameForbidden(ipaddr.parse(text.replace(/^::(?=\d+\.)/, '0:0:0:0:0:0:')))
  return what === null ? null : `${text} is ${what}`
}

function nameForbidden(address: Address): string | null {
  if (METADATA_ADDRESSES.has(address.toString())) return 'a cloud metadata address'
  if (address instanceof ipaddr.IPv4) return nameRange(address.range())

  const carrier = CARRIERS.find(({ range }) => address.match(range))
  if (carrier === undefined) {
    return nameRange(address.range()) ?? (address.match(GLOBAL_IPV6) ? null : 'not a global address')
  }
  for (const bytes of carrier.carried(address.toByteArray())) {
    const inner = new ipaddr.IPv4(bytes)
    const what = nameForbidden(inner)
    if (what !== null) return `an IPv6 form of ${inner.toString()}, ${what}`
  }
  return null
}

function nameRange(range: string): string | null {
  if (range === 'unicast') return null
  return `not a public address (${range})`
}
