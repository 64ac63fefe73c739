import { z } from 'zod'
import type { ApiDescription } from '../../domain/api-description.ts'
import { phaseOf, type StatusMap } from '../../domain/phase.ts'
import type { Reading } from '../../domain/reading.ts'
import { unusable } from '../answers.ts'
import { storable } from '../attributes.ts'
import type { Answer, Page } from '../provider.ts'
import { parseUtcTime } from '../utc-time.ts'
import { id, text } from '../wire-values.ts'

type Fields = Pick<ApiDescription, 'id' | 'status' | 'created' | 'company'>

const status = z.union([text(200), z.int().transform(String)])

/** What stands at a place such as `state.name`. */
function valueAt(value: unknown, place: string | null): unknown {
  if (place === null) return value
  let found = value
  for (const name of place.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = (found as Record<string, unknown>)[name]
  }
  return found
}

/** Null for anything without an id and a status. */
function readingOf(value: unknown, fields: Fields, statusMap: StatusMap): Reading | null {
  const migrationId = id.safeParse(valueAt(value, fields.id))
  const shown = status.safeParse(valueAt(value, fields.status))
  if (!migrationId.success || !shown.success) return null
  const company = fields.company === null ? undefined : id.safeParse(valueAt(value, fields.company)).data
  return {
    migrationId: migrationId.data,
    status: shown.data,
    phase: phaseOf(statusMap, shown.data),
    createdAt: fields.created === null ? null : parseUtcTime(valueAt(value, fields.created)),
    companyId: company ?? null,
    createdByUserId: null,
    attributes: storable(Object.entries(value as object)),
  }
}

export function parseItem(
  body: unknown,
  migrationId: string,
  api: ApiDescription,
  statusMap: StatusMap,
): Answer<Reading> {
  const reading = readingOf(valueAt(body, api.item), api, statusMap)
  if (reading === null)
    return unusable(`the body has no ${api.id} and ${api.status} where the configuration says`, false)
  if (reading.migrationId !== migrationId) return unusable('the body is about another id', false)
  return { kind: 'ok', value: reading }
}

export function parseItems(
  body: unknown,
  api: ApiDescription,
  statusMap: StatusMap,
): Answer<Omit<Page, 'page'>> {
  const items = valueAt(body, api.items)
  if (!Array.isArray(items))
    return unusable(`there is no list at ${api.items ?? 'the top'} of the body`, false)
  const found = items.flatMap((item: unknown) => readingOf(item, api, statusMap) ?? [])
  if (items.length > 0 && found.length === 0)
    return unusable(`no element of the list has ${api.id} and ${api.status}`, false)
  const readings = [...new Map(found.map((reading) => [reading.migrationId, reading])).values()]
  // Without pages this is all there is.
  const hasMore = api.pageParameter === null ? false : null
  return {
    kind: 'ok',
    value: { readings, size: items.length, malformed: items.length - found.length, hasMore },
  }
}
