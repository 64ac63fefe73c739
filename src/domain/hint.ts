import { integerText, parseExactJson } from './exact-json.ts'

/** What a provider's webhook says, as far as it can be understood: never a fact, only a reason to look. */
export interface Hint {
  /** Null where there is none. */
  readonly type: string | null
  readonly migrationId: string | null
  /** What the migration is said to have become. */
  readonly status: string | null
}

/**
 * Seconds after a hint at which the migration is read again while no change shows: a webhook may come before the API shows
 * what it tells of. The first reading is made at once; after the last of these the hint is spent.
 */
export const HINT_REPEATS_S = [2, 5, 15, 60] as const

/** Readings that a hint of this age has caused, the present one included. */
export function hintReadings(ageMs: number): number {
  return 1 + HINT_REPEATS_S.filter((seconds) => ageMs >= seconds * 1000).length
}

const NOTHING: Hint = { type: null, migrationId: null, status: null }
/** Where webhooks usually say which object they are about. */
const ID_FIELDS = ['migration_id', 'migrationId']
const MOST_LETTERS = 512

/** Reads what there is; a body of any other shape is a hint that says nothing. */
export function parseHint(body: string): Hint {
  const value = jsonIn(body) ?? jsonIn(quoted(body))
  const data = fieldOf(value, 'data')
  const object = fieldOf(data, 'object')
  const migrationId = firstId([
    ...[data, object, value].flatMap((one) => ID_FIELDS.map((name) => fieldOf(one, name))),
    fieldOf(object, 'object') === 'migration' ? fieldOf(object, 'id') : null,
  ])
  const isAbout = firstId([fieldOf(object, 'id')]) === migrationId
  return {
    ...NOTHING,
    type: firstText([fieldOf(value, 'type')]),
    migrationId,
    status: isAbout ? firstText([fieldOf(object, 'status')]) : null,
  }
}

/** Anon's own sample has its time without quotes. */
function quoted(body: string): string {
  return body.replace(/("created"\s*:\s*)(\d{4}-[^",}\s]*)/g, '$1"$2"')
}

function jsonIn(body: string): unknown {
  try {
    return parseExactJson(body)
  } catch {
    return null
  }
}

/** Ids may be numbers. */
function firstId(values: readonly unknown[]): string | null {
  return firstText(values.map((value) => integerText(value) ?? value))
}

function firstText(values: readonly unknown[]): string | null {
  const found = values.find((one) => typeof one === 'string' && one !== '' && one.length <= MOST_LETTERS)
  return typeof found === 'string' && found.isWellFormed() && !found.includes('\0') ? found : null
}

function fieldOf(value: unknown, name: string): unknown {
  const isRecord = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isRecord ? (value as Record<string, unknown>)[name] : undefined
}
