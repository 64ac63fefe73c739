import dns from 'node:dns'
import type { LookupFunction } from 'node:net'

import { Agent, buildConnector } from 'undici'

import { whyAddressForbidden, whyHostForbidden } from './public-address.ts'

/** A hook leads to an address that hooks may not call. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError'
}

/** `dns.lookup`, as far as it is used here. */
export type LookupAll = (
  hostname: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses?: dns.LookupAddress[]) => void,
) => void

export interface GuardedAgentOptions {
  /** Lifts the guard: for tests, demos and networks where every hook is trusted. */
  readonly allowPrivate: boolean
  readonly connectTimeoutMs: number
  /** Destroys every socket, also those that are not connected yet. */
  readonly signal?: AbortSignal
  readonly lookup?: LookupAll
}

/**
 * An undici agent that connects to public unicast addresses only. Use it with undici's own `request`: Node's global
 * `fetch` brings another undici, which does not understand it.
 */
export function createGuardedAgent(options: GuardedAgentOptions): Agent {
  const { allowPrivate, connectTimeoutMs, signal, lookup = dns.lookup } = options
  const dial = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    ...(signal && { signal }),
    lookup: createLookup(lookup, allowPrivate ? () => null : whyAddressForbidden),
  })
  // Node looks up names only: a host that is an address already goes past `lookup`.
  const connect: buildConnector.connector = (target, callback) => {
    const reason = allowPrivate ? null : whyHostForbidden(target.hostname)
    if (reason === null) dial(target, callback)
    else callback(new ForbiddenAddressError(reason), null)
  }
  // The sender's deadline covers headers and body; two clocks would give two reasons for one failure.
  return new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 })
}

/**
 * Resolves a name to all of its addresses, refused as a whole when one of them is forbidden. The socket dials what
 * this answers without asking again, so a name cannot change between the check and the connection.
 */
function createLookup(lookup: LookupAll, whyForbidden: (address: string) => string | null): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses = []) => {
      const [first] = addresses
      const reason = addresses.map(({ address }) => whyForbidden(address)).find((why) => why !== null)
      if (error !== null) callback(error, [])
      else if (reason) callback(new ForbiddenAddressError(`${hostname} leads to ${reason}`), [])
      else if (first === undefined) callback(new Error(`no address for ${hostname}`), [])
      else if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
