import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'

import { formOf } from './form.ts'
import type { Problem } from './problem.ts'

export type Path = readonly (string | number)[]

/** What a YAML file says, and on which line. */
export interface YamlFile {
  /** Texts trimmed; keys without a value are absent. */
  readonly tree: Record<string, unknown>
  /** The line of the value at this path, or of the nearest thing around it; null for the file as a whole. */
  lineOf(path: Path): number | null
}

export type ParsedYaml =
  | { readonly kind: 'ok'; readonly file: YamlFile }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

export function parseYaml(text: string, label: string): ParsedYaml {
  const lines = new LineCounter()
  // The library's own messages quote the text around a mistake, where secrets may stand: only their codes are used.
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    lineCounter: lines,
    logLevel: 'error',
  })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const problems = mistakesIn(document).map(({ offset, code }) => {
    const where = `${label} line ${lineAt(offset)}`
    return { where, message: `is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')})` }
  })
  if (problems.length > 0) return { kind: 'invalid', problems }

  const tree = readTree(document)
  if (!isMapping(tree)) {
    const message = `is ${formOf(tree, true)}; expected a mapping of settings`
    return { kind: 'invalid', problems: [{ where: label, message }] }
  }
  return { kind: 'ok', file: { tree, lineOf: (path) => lineOf(document, path, lineAt) } }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An empty document is an empty mapping; aliases that multiply without end are the text of nothing useful. */
function readTree(document: Document.Parsed): unknown {
  try {
    return withoutUnset(document.toJS()) ?? {}
  } catch {
    return 'too many aliases'
  }
}

interface Mistake {
  readonly offset: number
  readonly code: string
}

function mistakesIn(document: Document.Parsed): Mistake[] {
  const mistakes: Mistake[] = [...document.errors, ...document.warnings].map(({ code, pos }) => {
    return { code, offset: pos[0] }
  })
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document) === undefined) {
        mistakes.push({ code: 'alias without anchor', offset: node.range?.[0] ?? 0 })
      }
    },
  })
  return mistakes
}

/** The settings are four levels deep; whatever lies far below them is refused on the way, and may be a cycle. */
const MAX_DEPTH = 8

function withoutUnset(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.trim() || undefined
  if (value === null || depth > MAX_DEPTH) return undefined
  if (Array.isArray(value)) return value.map((item) => withoutUnset(item, depth + 1))
  if (!isMapping(value)) return value

  const entries = Object.entries(value).map(([key, item]) => [key, withoutUnset(item, depth + 1)] as const)
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}

function lineOf(document: Document.Parsed, path: Path, lineAt: (offset: number) => number): number | null {
  let node: unknown = document.contents
  let offset: number | null = null
  for (const step of path) {
    const next = stepInto(isAlias(node) ? node.resolve(document) : node, step)
    if (next === null) break
    node = next.node
    offset = next.offset ?? offset
  }
  return offset === null ? null : lineAt(offset)
}

function stepInto(node: unknown, step: string | number): { node: unknown; offset: number | null } | null {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
    if (pair === undefined) return null
    return { node: pair.value, offset: isScalar(pair.key) ? (pair.key.range?.[0] ?? null) : null }
  }
  if (!isSeq(node) || typeof step !== 'number') return null
  const item = node.items[step] as { range?: [number, number, number] | null } | undefined
  return item === undefined ? null : { node: item, offset: item.range?.[0] ?? null }
}
