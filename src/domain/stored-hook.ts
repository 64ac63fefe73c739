/** Where a hook that stands in the database leads, and what signs for it; kept encrypted. */
export type StoredSettings =
  | {
      readonly kind: 'webhook'
      readonly url: string
      readonly format: 'cloudevents' | 'standard'
      /** Newest first. */
      readonly secrets: readonly StoredSecret[]
    }
  | { readonly kind: 'slack'; readonly url: string; readonly link: string | null }

export interface StoredSecret {
  readonly secret: string
  /** RFC 3339; it signs until then, beside the one that came after it. Null for the newest. */
  readonly until: string | null
}

/** Why a stored hook was not added, altered, rotated or removed. */
export interface Refusal {
  readonly kind: 'refused'
  readonly why: 'invalid' | 'missing' | 'conflict' | 'no_key'
  /** What was wrong and what to do, without any secret. */
  readonly message: string
}

export const refuse = (why: Refusal['why'], message: string): Refusal => ({ kind: 'refused', why, message })

/** Old secrets that sign beside the newest one at most. */
const OLD_SECRETS = 3

/** What signs now. */
export function secretsAt(secrets: readonly StoredSecret[], now: Date): string[] {
  return stillValid(secrets, now).map(({ secret }) => secret)
}

/** The new secret signs from now on; those before it go on for so long, or until they were to end anyway. */
export function nextSecrets(
  secrets: readonly StoredSecret[],
  secret: string,
  now: Date,
  overlapMs: number,
): StoredSecret[] {
  const until = new Date(now.getTime() + overlapMs).toISOString()
  const old = stillValid(secrets, now).map((one) => ({ ...one, until: earlier(one.until, until) }))
  return [{ secret, until: null }, ...(overlapMs > 0 ? old.slice(0, OLD_SECRETS) : [])]
}

function stillValid(secrets: readonly StoredSecret[], now: Date): StoredSecret[] {
  return secrets.filter(({ until }) => until === null || Date.parse(until) > now.getTime())
}

function earlier(one: string | null, other: string): string {
  return one !== null && Date.parse(one) < Date.parse(other) ? one : other
}
