import { z } from 'zod'

import type { ApiDescription } from '../domain/api-description.ts'
import { headerName, place, requestPath, word } from './values.ts'

/** How an API that Landfall does not know is read. */
export const api = z.object({
  list: requestPath('a path below base_url, such as /jobs').optional(),
  get: requestPath('a path below base_url with {id} in it, such as /jobs/{id}', '{id}'),
  key_header: headerName().default('authorization'),
  key_scheme: word().optional(),
  page: word().optional(),
  page_size: word().optional(),
  items: place().optional(),
  item: place().optional(),
  id: place().default('id'),
  status: place().default('status'),
  created: place().optional(),
  company: place().optional(),
})

/** Bearer goes with the header where that is usual. */
export function toApi(raw: z.output<typeof api>): ApiDescription {
  const scheme = raw.key_scheme ?? (raw.key_header === 'authorization' ? 'Bearer' : null)
  return {
    list: raw.list,
    get: raw.get,
    keyHeader: raw.key_header,
    keyScheme: scheme,
    pageParameter: raw.page ?? null,
    pageSizeParameter: raw.page_size ?? null,
    items: raw.items ?? null,
    item: raw.item ?? null,
    id: raw.id,
    status: raw.status,
    created: raw.created ?? null,
    company: raw.company ?? null,
  }
}
