import { phaseOf, type StatusMap } from '../../domain/phase.ts'
import type { Reading } from '../../domain/reading.ts'
import { unusable } from '../answers.ts'
import { storable } from '../attributes.ts'
import type { Answer, Page } from '../provider.ts'
import { parseUtcTime } from '../utc-time.ts'
import { listOf } from './envelope.ts'
import { type WireMigration, wireMigration } from './wire.ts'

const KNOWN_FIELDS = new Set(['object', 'id', 'status', 'created', 'created_by_user_id', 'company_id'])
/** No page is meant to be this long; reading it would keep the process from everything else. */
const MOST_ELEMENTS = 100_000

export type PageContent = Omit<Page, 'page'>

/** Null for anything that is no migration. */
export function parseReading(value: unknown, statusMap: StatusMap): Reading | null {
  const parsed = wireMigration.safeParse(value)
  if (!parsed.success) return null
  const wire = parsed.data
  return {
    migrationId: wire.id,
    status: wire.status,
    phase: phaseOf(statusMap, wire.status),
    createdAt: parseUtcTime(wire.created),
    companyId: wire.company_id ?? null,
    createdByUserId: wire.created_by_user_id ?? null,
    attributes: attributesOf(wire),
  }
}

/** The body of a `get`: the migration itself, or wrapped once. */
export function parseMigration(body: unknown, migrationId: string, statusMap: StatusMap): Answer<Reading> {
  const readings = [body, fieldOf(body, 'data'), fieldOf(body, 'migration')].map((value) =>
    parseReading(value, statusMap),
  )
  const reading = readings.find((candidate) => candidate !== null)
  if (!reading) return unusable('the body is no migration', false)
  if (reading.migrationId !== migrationId) return unusable('the body is another migration', false)
  return { kind: 'ok', value: reading }
}

/** The body of a `list`, in whichever envelope. */
export function parsePage(body: unknown, statusMap: StatusMap): Answer<PageContent> {
  const list = listOf(body)
  if (list.kind === 'none') return unusable(list.reason, false)
  const size = list.elements.length
  if (size > MOST_ELEMENTS) return unusable(`the list has ${size} elements`, false)

  const readings = new Map<string, Reading>()
  let malformed = 0
  for (const element of list.elements) {
    const reading = parseReading(element, statusMap)
    if (reading === null) malformed += 1
    else if (!readings.has(reading.migrationId)) readings.set(reading.migrationId, reading)
  }
  if (size > 0 && malformed === size)
    return unusable(`none of the list's ${size} elements is a migration`, false)
  return { kind: 'ok', value: { readings: [...readings.values()], size, malformed, hasMore: list.hasMore } }
}

/** Everything else the object holds. */
function attributesOf(wire: WireMigration): Reading['attributes'] {
  return storable(Object.entries(wire).filter(([name]) => !KNOWN_FIELDS.has(name)))
}

function fieldOf(value: unknown, name: string): unknown {
  const isRecord = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isRecord ? (value as Record<string, unknown>)[name] : undefined
}
