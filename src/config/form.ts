/**
 * What a value looks like, for a message. Short harmless texts are shown; a secret, and whatever could be one that was
 * put into the wrong place, is only described.
 */
export function formOf(raw: unknown, secret: boolean): string {
  if (raw === undefined) return 'not set'
  if (Array.isArray(raw)) return raw.length === 0 ? 'an empty list' : 'a list'
  if (typeof raw === 'object') return raw === null ? 'empty' : 'a mapping'
  if (secret) return typeof raw === 'string' ? `a text of ${count(raw)}` : `a ${typeof raw}`
  if (typeof raw !== 'string') return `the ${typeof raw} ${String(raw)}`
  return isHarmless(raw) ? JSON.stringify(raw) : `a text of ${count(raw)}`
}

/** A key that looks like a setting or a status; others might be a secret on a line of its own. */
export function isPlainKey(key: string): boolean {
  return /^([a-z_]{1,40}|[A-Z_]{1,60})$/.test(key)
}

function isHarmless(text: string): boolean {
  return text.length <= 24 && !/[@/=]|(anon|whsec|whsk|vern)_./.test(text)
}

function count(text: string): string {
  return text.length === 1 ? '1 character' : `${text.length} characters`
}
