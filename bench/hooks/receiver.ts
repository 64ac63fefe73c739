import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

type Arrival = readonly [id: string, path: string, atMs: number]

export interface Receiver {
  readonly url: string
  readonly secret: string
  count(): Promise<number>
  /** What has come since the last time, the oldest first. */
  take(): Promise<readonly Arrival[]>
  stop(): void
}

const SCRIPT = fileURLToPath(new URL('receiver-process.ts', import.meta.url))

export async function startReceiver(): Promise<Receiver> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const child = fork(SCRIPT, { env: { ...process.env, BENCH_SECRET: secret } })
  const nextMessage = async <T>() => (await once(child, 'message'))[0] as T
  const { port } = await nextMessage<{ port: number }>()

  async function ask<T extends { forged: number }>(question: 'count' | 'take'): Promise<T> {
    const answer = nextMessage<T>()
    child.send(question)
    const { forged } = await answer
    if (forged > 0) throw new Error(`${forged} signatures were not valid`)
    return answer
  }

  return {
    url: `http://127.0.0.1:${port}`,
    secret,
    count: async () => (await ask<{ count: number; forged: number }>('count')).count,
    take: async () => (await ask<{ arrivals: Arrival[]; forged: number }>('take')).arrivals,
    stop: () => void child.kill(),
  }
}
