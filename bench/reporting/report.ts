import type { Client } from 'pg'

import { type Measured, measure, shareOf } from './measure.ts'
import type { Question } from './question.ts'
import type { Write } from './writes.ts'

export interface Limits {
  readonly runs: number
  readonly limitMs: number
}

const ms = (value: number) => value.toFixed(1).padStart(9)

/** Prints a line for each thing that is asked, in its slowest way; tells whether all of them are as they should be. */
export async function reportQuestions(
  client: Client,
  questions: readonly Question[],
  { runs, limitMs }: Limits,
): Promise<boolean> {
  console.log(`${'of'.padEnd(18)}${'asked for'.padEnd(52)}   rows   p50 ms   p95 ms  read from end to end`)
  let isFine = true
  for (const [, ways] of Map.groupBy(questions, ({ of, asks }) => `${of} ${asks}`)) {
    const measured: { way: Question; found: Measured }[] = []
    for (const way of ways) measured.push({ way, found: await measure(client, way, runs) })
    const slowest = measured.reduce((a, b) => (b.found.p95Ms > a.found.p95Ms ? b : a))
    const scanned = [...new Set(measured.flatMap(({ found }) => found.scanned))]
    const slow = measured.filter(({ found }) => found.p95Ms > limitMs)
    const verdict = [...scanned, ...slow.map(({ way }) => `TOO SLOW${way.as ? ` (${way.as})` : ''}`)]
    const { of, asks } = slowest.way
    const { p50Ms, p95Ms } = slowest.found
    const rows = Math.max(...measured.map(({ found }) => found.rows))
    console.log(
      `${of.padEnd(18)}${asks.padEnd(52)}${String(rows).padStart(7)}${ms(p50Ms)}${ms(p95Ms)}  ${verdict.join(', ') || '–'}`,
    )
    isFine &&= verdict.length === 0
  }
  return isFine
}

export async function reportWrites(writes: readonly Write[], runs: number): Promise<void> {
  console.log(`\n${'does'.padEnd(70)}         p50 ms   p95 ms    first`)
  for (const { does, run } of writes) {
    const times: number[] = []
    for (let n = 0; n < runs; n += 1) {
      const startMs = performance.now()
      await run()
      times.push(performance.now() - startMs)
    }
    console.log(`${does.padEnd(77)}${ms(shareOf(times, 0.5))}${ms(shareOf(times, 0.95))}${ms(times[0] ?? 0)}`)
  }
}
