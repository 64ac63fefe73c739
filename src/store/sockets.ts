import { Socket } from 'node:net'

/** The sockets of some Postgres clients: what is left of them after a fair time to end is cut. */
export interface Sockets {
  /** For the configuration of a client or pool. */
  readonly stream: () => Socket
  /** Waits for the clients to end, but not for a server that does not answer. */
  endWithin(ms: number, ending: Promise<unknown>): Promise<void>
}

export function trackSockets(): Sockets {
  const sockets = new Set<Socket>()

  function stream(): Socket {
    const socket = new Socket()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    return socket
  }

  async function endWithin(ms: number, ending: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, ms)
    await ending
    clearTimeout(timer)
  }

  return { stream, endWithin }
}
