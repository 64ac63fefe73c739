import type { Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'

import { createAnonProvider } from '../../src/providers/anon/client.ts'
import { createVernProvider } from '../../src/providers/vern/client.ts'
import { KEY, serveBytes } from './server.ts'

const never = new AbortController().signal
const MIGRATION = { object: 'migration', id: 'm1', status: 'NOT_STARTED' }

/** Reads whole requests off a socket; the server below decides what becomes of each. */
function readRequests(socket: Socket, onRequest: (line: string) => void): void {
  let text = ''
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1')
    for (;;) {
      const head = text.indexOf('\r\n\r\n')
      if (head === -1) return
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0)
      if (text.length < head + 4 + length) return
      const line = text.slice(0, text.indexOf('\r\n'))
      text = text.slice(head + 4 + length)
      onRequest(line)
    }
  })
}

/** A server that answers the first request of each connection, and closes it at the very moment the second one arrives. */
async function serveOncePerConnection(body: object) {
  const requests: string[] = []
  const { origin } = await serveBytes((socket) => {
    let answered = 0
    readRequests(socket, (line) => {
      answered += 1
      requests.push(line.split(' ').slice(0, 2).join(' '))
      if (answered > 1) {
        socket.destroy()
        return
      }
      const text = JSON.stringify(body)
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\nconnection: keep-alive\r\n\r\n${text}`,
      )
    })
  })
  return { origin, requests }
}

describe('a request that must not be repeated', () => {
  test('never goes out on a connection that the server may be closing: it arrives once, and is answered', async () => {
    const server = await serveOncePerConnection(MIGRATION)
    const provider = createAnonProvider({ apiKey: KEY, baseUrl: server.origin })
    onTestFinished(() => provider.close())

    for (const round of [1, 2, 3]) {
      expect(await provider.get('m1', never)).toMatchObject({ kind: 'ok' })
      // The connection of the get is idle in the pool by now, and would be the first choice.
      const outcome = await provider.create?.send({ round }, 'ours', never)
      expect(outcome).toMatchObject({ kind: 'done', value: { reading: { migrationId: 'm1' } } })
      // What may be repeated uses that connection, and finds it closed.
      expect(await provider.get('m1', never)).toMatchObject({ kind: 'unusable', passing: true })
    }

    expect(server.requests.filter((line) => line.startsWith('POST'))).toHaveLength(3)
  })

  test('leaves no connection behind', async () => {
    const sockets = new Set<Socket>()
    const gone = Promise.withResolvers<void>()
    const { origin } = await serveBytes((socket) => {
      sockets.add(socket)
      socket.on('close', () => {
        sockets.delete(socket)
        if (sockets.size === 0) gone.resolve()
      })
      readRequests(socket, () => {
        const text = JSON.stringify(MIGRATION)
        // Whoever keeps it may keep it for a minute.
        const head = `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\nkeep-alive: timeout=60\r\n\r\n`
        socket.write(head + text)
      })
    })
    const provider = createAnonProvider({ apiKey: KEY, baseUrl: origin })
    onTestFinished(() => provider.close())
    expect(await provider.create?.send({}, 'ours', never)).toMatchObject({ kind: 'done' })
    await gone.promise
    expect(sockets.size).toBe(0)
  })

  test('at Vern is every action: a start, answers, a cancellation', async () => {
    const server = await serveOncePerConnection({ run_id: 'r1', status: 'queued' })
    const { actions, close } = createVernProvider({ apiKey: KEY, baseUrl: server.origin })
    onTestFinished(close)
    const run = { migrationId: 'm1', runId: 'r1' }

    await actions.sources(never)
    expect(await actions.startRun('m1', { kind: 'execute' }, never)).toMatchObject({ kind: 'done' })
    expect(await actions.answer(run, 'yes', never)).toMatchObject({ kind: 'done' })
    expect(await actions.giveCredentials(run, {}, never)).toMatchObject({ kind: 'done' })
    expect(await actions.cancel(run, never)).toMatchObject({ kind: 'done' })

    expect(server.requests).toEqual([
      'GET /sources',
      'POST /migrations/m1/runs',
      'POST /migrations/m1/runs/r1/messages',
      'POST /migrations/m1/runs/r1/credentials',
      'PATCH /migrations/m1/runs/r1',
    ])
  })

  test('is lost where the server closes after reading it, and was not sent where no connection came about', async () => {
    let arrived = 0
    const { origin } = await serveBytes((socket) => {
      readRequests(socket, () => {
        arrived += 1
        socket.destroy()
      })
    })
    const provider = createAnonProvider({ apiKey: KEY, baseUrl: origin })
    onTestFinished(() => provider.close())
    expect(await provider.create?.send({}, 'ours', never)).toMatchObject({ kind: 'lost' })
    expect(arrived).toBe(1)

    // Plain bytes where TLS is spoken: the connection fails before anything of the request could leave.
    const plain = await serveBytes((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const overTls = createAnonProvider({ apiKey: KEY, baseUrl: `https://127.0.0.1:${plain.port}` })
    onTestFinished(() => overTls.close())
    expect(await overTls.create?.send({}, 'ours', never)).toMatchObject({ kind: 'not_sent' })
  })
})
