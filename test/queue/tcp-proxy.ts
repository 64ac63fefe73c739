import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server, to take the server away from the client. */
export interface TcpProxy {
  readonly port: number
  /** Ends all connections and refuses new ones. */
  refuse(): Promise<void>
  /** Nothing comes through any more, and nobody is told. */
  silence(): void
  /** Silence for the connections there are; new ones work. */
  strand(): void
  restore(): Promise<void>
  close(): Promise<void>
}

export async function createTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isSilent = false
  let server = createServer(accept)
  const port = await listen(server, 0)

  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    return socket
  }

  function accept(socket: Socket): void {
    keep(socket)
    if (isSilent) return void socket.resume()
    const upstream = keep(connect(target))
    upstream.on('close', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    upstream.pipe(socket)
    socket.pipe(upstream)
  }

  function strand(): void {
    for (const socket of sockets) socket.unpipe().resume()
  }

  async function refuse(): Promise<void> {
    server.close()
    for (const socket of sockets) socket.destroy()
    if (server.listening) await once(server, 'close')
  }

  return {
    port,
    refuse,
    strand,
    silence: () => {
      isSilent = true
      strand()
    },
    restore: async () => {
      isSilent = false
      for (const socket of sockets) socket.destroy()
      if (server.listening) return
      server = createServer(accept)
      await listen(server, port)
    },
    close: refuse,
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
