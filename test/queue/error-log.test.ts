import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createErrorLog, type NoteError } from '../../src/queue/error-log.ts'

let lines: Array<Record<string, unknown>>
let note: NoteError

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  note = createErrorLog(pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }), 10_000)
})
afterEach(() => {
  vi.useRealTimers()
})

test('an error is logged at once, and repetitions once in a while with their number', () => {
  for (let i = 0; i < 500; i++) {
    note('warn', 'queue.failed', new Error(`job ${i} is missing`))
    vi.advanceTimersByTime(50)
  }
  expect(lines).toHaveLength(3)
  expect(lines.map(({ repeated }) => repeated)).toEqual([undefined, 199, 199])
  expect(lines[0]).toMatchObject({ level: 40, msg: 'queue.failed', err: { message: 'job 0 is missing' } })
})

test('different errors do not hide each other', () => {
  note('warn', 'queue.failed', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))
  note(
    'warn',
    'queue.failed',
    new Error('query', { cause: Object.assign(new Error('x'), { code: '57P01' }) }),
  )
  note('error', 'job.failed', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), {
    job: 'get-1-1',
  })
  note('error', 'job.failed', 'not even an error')
  expect(lines.map(({ msg, job }) => [msg, job])).toEqual([
    ['queue.failed', undefined],
    ['queue.failed', undefined],
    ['job.failed', 'get-1-1'],
    ['job.failed', undefined],
  ])
})
