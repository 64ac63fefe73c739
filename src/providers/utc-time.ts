const FORM =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?$/i

/**
 * A provider's ISO 8601 time as RFC 3339 in UTC, with the digits it came with (at most microseconds), or null.
 * A time without a zone is UTC. JavaScript's own parser would read it as local time and cut it to milliseconds.
 */
export function parseUtcTime(value: unknown): string | null {
  const parts = typeof value === 'string' ? FORM.exec(value.trim()) : null
  if (parts === null) return null
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((i) => Number(parts[i] ?? 0))
  const date = new Date(0)
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day)
  const isReal = date.getUTCMonth() + 1 === month && date.getUTCDate() === day
  date.setUTCHours(hour ?? 24, minute, second)
  if (!isReal || (hour ?? 24) > 23 || (minute ?? 60) > 59 || (second ?? 60) > 59) return null

  const offset = offsetMinutes(parts[9], parts[10], parts[11])
  if (offset === null) return null
  date.setTime(date.getTime() - offset * 60_000)
  const utcYear = date.getUTCFullYear()
  if (utcYear < 1 || utcYear > 9999) return null
  const fraction = parts[7]?.slice(0, 6)
  return `${date.toISOString().slice(0, 19)}${fraction === undefined ? '' : `.${fraction}`}Z`
}

function offsetMinutes(sign: string | undefined, hours = '0', minutes = '0'): number | null {
  if (Number(hours) > 23 || Number(minutes) > 59) return null
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
