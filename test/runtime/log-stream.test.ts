import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'

import { createLogStream } from '../../src/runtime/log-stream.ts'

/** A pipe that takes what there is room for, as the system does. */
function createPipe() {
  let room = Number.POSITIVE_INFINITY
  let error: string | null = null
  let text = ''
  function write(bytes: Uint8Array): number {
    if (error !== null || room === 0) throw Object.assign(new Error('write'), { code: error ?? 'EAGAIN' })
    const taken = bytes.subarray(0, room)
    room -= taken.length
    text += Buffer.from(taken).toString()
    return taken.length
  }
  return {
    write,
    text: () => text,
    leave: (bytes: number) => {
      room = bytes
    },
    fail: (code: string | null) => {
      error = code
    },
  }
}

function open(maxWaitingBytes: number) {
  const pipe = createPipe()
  const stream = createLogStream({
    write: pipe.write,
    maxWaitingBytes,
    onGap: (dropped) => stream.write(`${dropped} dropped\n`),
  })
  return { pipe, stream }
}

describe('a reader that stalls', () => {
  test('gets every line in order once it goes on, also one that was cut in the middle', () => {
    const { pipe, stream } = open(1_000)

    pipe.leave(3)
    for (const line of ['first\n', 'second\n']) stream.write(line)
    expect(pipe.text()).toBe('fir')
    pipe.leave(Number.POSITIVE_INFINITY)
    stream.write('third\n')

    expect(pipe.text()).toBe('first\nsecond\nthird\n')
  })

  test('gets one line that says how many were dropped, where the gap is', () => {
    const { pipe, stream } = open(12)

    pipe.leave(0)
    for (const line of ['one\n', 'two\n', 'lost\n', 'x\n']) stream.write(line)
    pipe.leave(Number.POSITIVE_INFINITY)
    stream.write('on\n')

    expect(pipe.text()).toBe('one\ntwo\n2 dropped\non\n')
  })

  test('holds nobody up at the end of the process for ever', () => {
    const { pipe, stream } = open(1_000)

    pipe.leave(0)
    stream.write('waits\n')
    stream.flushLast()

    expect(pipe.text()).toBe('')
  })
})

test('a reader that is gone costs the lines until another one comes, which is told of them', () => {
  const { pipe, stream } = open(1_000)

  pipe.fail('EPIPE')
  for (const line of ['a\n', 'b\n', 'c\n']) stream.write(line)
  pipe.fail(null)
  stream.write('d\n')

  expect(pipe.text()).toBe('3 dropped\nd\n')
})

const logger = fileURLToPath(new URL('../../src/runtime/logger.ts', import.meta.url))

/** Logs 12 MB, which no pipe holds, to stdout and stderr; then it ends by the given statement. */
const script = (end: string) => `
  import { createLogger } from ${JSON.stringify(logger)}
  const padding = 'x'.repeat(1000)
  for (const destination of ['stdout', 'stderr']) {
    const log = createLogger({ level: 'info', destination, pretty: destination === 'stderr', colors: false })
    for (let n = 0; n < 6000; n++) log.info({ n, padding }, 'line.written')
  }
  process.send('went on')
  process.once('message', () => { ${end} })`

function start(end: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script(end)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

describe('a process', () => {
  test('goes on and ends although nobody reads what it writes to stdout and stderr', async () => {
    const child = start('process.exit(3)')

    await once(child, 'message')
    child.send('end')

    expect(await once(child, 'exit')).toEqual([3, null])
  })

  test('says how many lines it dropped when its reader goes on, and loses none before and after', async () => {
    const child = start('process.disconnect()')

    await once(child, 'message')
    child.send('end')
    child.stderr?.resume()
    const lines = ((await child.stdout?.toArray()) ?? []).join('').trimEnd().split('\n')

    const told = lines.map((line): { msg: string; n: number; dropped: number } => JSON.parse(line))
    const written = told.filter(({ msg }) => msg === 'line.written')
    const gaps = told.filter(({ msg }) => msg === 'log.lines_dropped')
    expect(written.map(({ n }) => n)).toEqual(written.map((_, n) => n))
    expect(gaps).toHaveLength(1)
    expect(gaps[0]?.dropped).toBe(6_000 - written.length)
  })
})
