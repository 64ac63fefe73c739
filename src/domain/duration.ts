const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads `250ms`, `30s`, `5m`, `24h`, `7d` or `1.5h` as milliseconds; null for anything else, and for parts of one. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  if (amount === undefined || unit === undefined) return null

  const exact = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  const ms = Math.round(exact)
  // 1.005 s is 1004.9999… in floating point and still means 1005 ms; 0.4 ms means nothing we could wait for.
  return Number.isSafeInteger(ms) && Math.abs(exact - ms) < 1e-3 ? ms : null
}

/** Two units at most, rounded down: `850 ms`, `1.5 s`, `1 min 20 s`, `3 h 5 min`, `2 days 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms < UNIT_MS.s) return `${Math.floor(ms)} ms`
  if (ms < 10 * UNIT_MS.s) return `${Math.floor(ms / 100) / 10} s`
  if (ms < UNIT_MS.m) return `${Math.floor(ms / UNIT_MS.s)} s`
  if (ms < UNIT_MS.h) return twoUnits(ms, ['m', 'min'], ['s', 's'])
  if (ms < UNIT_MS.d) return twoUnits(ms, ['h', 'h'], ['m', 'min'])
  return twoUnits(ms, ['d', ms < 2 * UNIT_MS.d ? 'day' : 'days'], ['h', 'h'])
}

type UnitWord = readonly [unit: keyof typeof UNIT_MS, word: string]

function twoUnits(ms: number, [large, largeWord]: UnitWord, [small, smallWord]: UnitWord): string {
  const whole = Math.floor(ms / UNIT_MS[large])
  const rest = Math.floor((ms % UNIT_MS[large]) / UNIT_MS[small])
  return rest === 0 ? `${whole} ${largeWord}` : `${whole} ${largeWord} ${rest} ${smallWord}`
}
