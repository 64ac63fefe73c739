import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export const KEY = 'anon_k3y-of-the-tests'

interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
}

export interface TestServer {
  readonly origin: string
  readonly port: number
  readonly asked: Asked[]
  connections(): number
}

type Handler = (req: IncomingMessage, res: ServerResponse, asked: Asked) => void

/** A server on a real socket that ends, with all its connections, when the test does. */
export async function serve(handler: Handler): Promise<TestServer> {
  const asked: Asked[] = []
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://server.test')
    const one = {
      method: req.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: req.headers,
    }
    asked.push(one)
    handler(req, res, one)
  })
  return { ...(await listen(server)), asked }
}

/** Below HTTP: for what no HTTP server would send. */
export async function serveBytes(onConnection: (socket: Socket) => void): Promise<Omit<TestServer, 'asked'>> {
  return await listen(createTcpServer(onConnection))
}

/** Answers every request with one status, body and headers. */
export function always(status: number, body: string, headers: Record<string, string> = {}): Handler {
  return (_req, res) => res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

export function json(res: ServerResponse, value: unknown): void {
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function listen(server: Server): Promise<Omit<TestServer, 'asked'>> {
  const open = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of open) socket.destroy()
    await closed
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, port, connections: () => connections }
}
