import type { LimitClass } from './options.ts'

/** A request that the API knows: its name, what stands in its path, and what it counts against. */
export interface VernRoute {
  readonly name: RouteName
  /** The migration, then the run or template. */
  readonly ids: readonly string[]
}

const ID = '([^/]+)'
const TABLE = [
  ['GET', '/sources', 'sources', 'reads'],
  ['GET', '/templates', 'templates', 'reads'],
  ['POST', '/migrations', 'create', 'create'],
  ['GET', `/migrations/${ID}/files`, 'files', 'reads'],
  ['POST', `/migrations/${ID}/files`, 'upload', 'writes'],
  ['POST', `/migrations/${ID}/runs`, 'start', 'agent'],
  ['GET', `/migrations/${ID}/runs/${ID}`, 'run', 'reads'],
  ['PATCH', `/migrations/${ID}/runs/${ID}`, 'cancel', null],
  ['POST', `/migrations/${ID}/runs/${ID}/messages`, 'answer', 'agent'],
  ['POST', `/migrations/${ID}/runs/${ID}/credentials`, 'credentials', 'agent'],
  ['GET', `/migrations/${ID}/preview`, 'preview', 'reads'],
  ['GET', `/migrations/${ID}/exports/${ID}.csv`, 'export', 'reads'],
  ['GET', `/migrations/${ID}/log`, 'log', 'reads'],
] as const satisfies readonly (readonly [string, string, string, LimitClass | null])[]

export type RouteName = (typeof TABLE)[number][2]

export const API_PREFIX = '/api/v1'

export function vernRouteOf(method: string, pathname: string): VernRoute | null {
  if (!pathname.startsWith(API_PREFIX)) return null
  const path = pathname.slice(API_PREFIX.length)
  for (const [verb, pattern, name] of TABLE) {
    const match = verb === method ? new RegExp(`^${pattern}$`).exec(path) : null
    if (match !== null) return { name, ids: match.slice(1).map(decodeURIComponent) }
  }
  return null
}

/** Starting a preview counts twice. */
export function classesOf(name: RouteName, body: unknown): LimitClass[] {
  const limit = TABLE.find((row) => row[2] === name)?.[3] ?? null
  const isGenerate = name === 'start' && (body as { kind?: unknown } | null)?.kind === 'generate'
  return [...(limit === null ? [] : [limit]), ...(isGenerate ? (['generate'] as const) : [])]
}
