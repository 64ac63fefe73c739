/**
 * What a value looks like, for a message. Short harmless texts are shown; a secret, and whatever could be one that was
 * put into the wrong place, is only described.
 */
export function formOf(raw: unknown, secret: boolean): string {
  if (raw === undefined) return 'not set'
  if (Array.isArray(raw)) return 'a list'
  if (typeof raw === 'object') return raw === null ? 'empty' : 'a mapping'
  if (secret) return typeof raw === 'string' ? `a text of ${count(raw)}` : `a ${typeof raw} without quotes`
  if (typeof raw !== 'string') return `the ${typeof raw} ${String(raw)}`
  return isHarmless(raw) ? JSON.stringify(raw) : `a text of ${count(raw)}`
}

/** Whether a text may be shown where it is not known to be a secret, and not known to be none. */
export function isHarmless(text: string): boolean {
  return text.length <= 24 && !/[@/=]|(anon|whsec|whsk|vern)_./.test(text)
}

function count(text: string): string {
  return text.length === 1 ? '1 character' : `${text.length} characters`
}
