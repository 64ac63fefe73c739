import dns from 'node:dns'
import { type LookupFunction, Socket } from 'node:net'

import { Agent, buildConnector } from 'undici'

import { whyAddressForbidden, whyHostForbidden } from '../runtime/public-address.ts'

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
  readonly lookup?: LookupAll
}

export interface GuardedAgent {
  readonly dispatcher: Agent
  /** Ends every connection, also those that are still being made. */
  close(): Promise<void>
}

/**
 * An undici agent that connects to public unicast addresses only. Use it with undici's own `request`: Node's global
 * `fetch` brings another undici, which does not understand it.
 */
export function createGuardedAgent(options: GuardedAgentOptions): GuardedAgent {
  const { allowPrivate, connectTimeoutMs, lookup = dns.lookup } = options
  const dial = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    lookup: createLookup(lookup, allowPrivate ? () => null : whyAddressForbidden),
  })
  const dialling = new Set<unknown>()
  const connect: buildConnector.connector = (target, callback) => {
    // Node looks up names only: a host that is an address already goes past `lookup`.
    const reason = allowPrivate ? null : whyHostForbidden(target.hostname)
    if (reason !== null) return callback(new ForbiddenAddressError(reason), null)
    // undici's types hide that it returns the socket.
    const socket: unknown = dial(target, (...result) => {
      dialling.delete(socket)
      callback(...result)
    })
    dialling.add(socket)
  }
  // The sender's deadline covers headers and body; two clocks would give two reasons for one failure.
  const dispatcher = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 })

  async function close(): Promise<void> {
    await dispatcher.destroy()
    // undici lets these go on until they time out, which would keep the process alive.
    for (const socket of dialling) if (socket instanceof Socket) socket.destroy(new Error('closed'))
  }

  return { dispatcher, close }
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
