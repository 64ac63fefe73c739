import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

import { expect, onTestFinished, test, vi } from 'vitest'

import type { OutgoingEvent } from '../../src/domain/outgoing-event.ts'
import { type Bell, createBell } from '../../src/http/bell.ts'
import { type EventStreamOptions, writeEventStream } from '../../src/http/event-stream.ts'
import { event } from '../support/webhook-attempts.ts'

/** Serves one stream; the promise resolves with the response once the server is done with it. */
async function serveStream(change: Partial<EventStreamOptions>) {
  const written = Promise.withResolvers<ServerResponse>()
  const options = { bell: createBell(), listAfter: async () => [], stalledMs: 30_000, ...change }
  const server = createServer((_, response) => {
    const ending = new AbortController()
    response.once('close', () => ending.abort())
    void writeEventStream(options, null, response, ending.signal).then(() => written.resolve(response))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}`, written: written.promise }
}

test('a silent stream says something before the shortest usual idle timeout, 30 s, is over', async () => {
  const clock = performance.now.bind(performance)
  let passedMs = 0
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock() + passedMs)
  onTestFinished(() => void spy.mockRestore())
  const real = createBell()
  // Its waits take no time, but are counted as if they did.
  const next: Bell['next'] = async (ms, signal) => {
    if (passedMs >= 29_000) return real.next(600_000, signal)
    passedMs += ms
  }
  const { url } = await serveStream({ bell: { ...real, next } })

  const { body } = await fetch(url)
  let text = ''
  for await (const piece of body ?? []) {
    text += Buffer.from(piece).toString()
    if (text.split('\n\n').length > 2) break
  }
  expect(text).toBe(': landfall\n\n: alive\n\n')
})

test('a client that takes nothing is cut off, and meanwhile holds no more than the buffers of its connection', async () => {
  const large: OutgoingEvent = { ...event, data: { filling: 'x'.repeat(1_000_000) } }
  let listed = 0
  const listAfter = async () => {
    listed += 1
    return [large]
  }
  const { port, written } = await serveStream({ listAfter, stalledMs: 200 })
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')

  const response = await written
  expect(response.destroyed).toBe(true)
  expect(listed).toBeLessThan(50)
})

test('a stream whose events cannot be read ends, so that its client connects again', async () => {
  const listAfter = async () => {
    throw new Error('the database is away')
  }
  const { url, written } = await serveStream({ listAfter })
  const { body } = await fetch(url)
  await expect(body?.pipeTo(new WritableStream())).rejects.toThrow()
  expect((await written).destroyed).toBe(true)
})
