import type { TraceResult } from './main.ts'
import type { Outcome } from './replay.ts'

const COLUMNS = ['policy', 'mean', 'p50', 'p99', 'worst', 'ended', 'gets', 'lists', 'used', 'in 10 s', 'for']

/** A table for one trace, or the summary over all. */
export function printReport(result: TraceResult | readonly TraceResult[]): void {
  if ('trace' in result) printTrace(result)
  else printSummary(result)
}

function printTrace({ trace, outcomes }: TraceResult): void {
  console.log(`\n${trace}`)
  console.log(line(COLUMNS))
  for (const one of outcomes) console.log(line(cells(one)))
  const { best, backoff, p99 } = ratios(outcomes)
  console.log(
    `  adaptive: ${best.toFixed(2)} times sooner than the best other, ${backoff.toFixed(2)} times than backoff; ` +
      `p99 ${p99.toFixed(2)} of the best other's`,
  )
}

function printSummary(results: readonly TraceResult[]): void {
  const all = results.map(({ outcomes }) => ratios(outcomes))
  const best = geometricMean(all.map((one) => one.best))
  const backoff = geometricMean(all.map((one) => one.backoff))
  console.log(
    `\nall traces, geometric means: ${best.toFixed(2)} times sooner than the best other, ` +
      `${backoff.toFixed(2)} times than backoff; least ${Math.min(...all.map((one) => one.best)).toFixed(2)}`,
  )
  const peaks = results.flatMap(({ outcomes }) => outcomes.filter((one) => one.peak > one.peakAllowed + 1e-6))
  console.log(`budget exceeded in a window of 10 s: ${peaks.length} times`)
}

function ratios(outcomes: readonly Outcome[]) {
  const ours = outcomes.find((one) => one.policy === 'adaptive')
  const others = outcomes.filter((one) => !one.policy.startsWith('adaptive'))
  const mean = Math.max(1e-9, ours?.mean ?? Number.NaN)
  return {
    best: Math.min(...others.map((one) => one.mean)) / mean,
    backoff: (others.find((one) => one.policy === 'backoff')?.mean ?? Number.NaN) / mean,
    p99: (ours?.p99 ?? Number.NaN) / Math.min(...others.map((one) => one.p99)),
  }
}

function cells(one: Outcome): string[] {
  const times = [one.mean, one.p50, one.p99, one.worst].map((seconds) => seconds.toFixed(1))
  const reasons = Object.entries(one.reasons).map(([reason, count]) => `${reason} ${count}`)
  const counts = [one.ended, one.gets, one.lists].map(String)
  const peak = `${one.peak}/${one.peakAllowed}`
  return [one.policy, ...times, ...counts, `${Math.round(100 * one.used)}%`, peak, reasons.join(', ')]
}

const WIDTHS = [19, 8, 8, 8, 8, 6, 7, 7, 5, 8]

function line(texts: readonly string[]): string {
  const padded = texts.map((text, index) =>
    index === 0 ? text.padEnd(WIDTHS[0] ?? 0) : text.padStart(WIDTHS[index] ?? 0),
  )
  return `  ${padded.join(' ')}`
}

const geometricMean = (values: readonly number[]) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
