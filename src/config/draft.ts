import { type Setting, type Subject, VARIABLES } from './environment.ts'
import type { Problem } from './problem.ts'
import { isMapping, type Path, type YamlFile } from './yaml-file.ts'

/** The place a variable's subject has in the YAML tree: an entry of a list, known by its name. */
const ENTRIES = {
  anon: { list: 'accounts', entry: { name: 'anon', provider: 'anon' } },
  webhook: { list: 'hooks', entry: { name: 'default', kind: 'webhook' } },
} as const

/** One account or hook, still unchecked. */
export interface Entry {
  readonly name?: unknown
  readonly provider?: unknown
  readonly kind?: unknown
}

/** The YAML tree with the environment laid over it, still unchecked, and where each value came from. */
export class Draft {
  readonly tree: Record<string, unknown>
  readonly problems: Problem[] = []
  readonly #yaml: YamlFile | null
  readonly #yamlLabel: string
  readonly #origins = new Map<string, string>()
  /** Entries that only the environment made, and the variables that did. */
  readonly #made = new Map<string, { subject: Subject; names: string[] }>()
  readonly #reported = new Set<string>()

  constructor(yaml: YamlFile | null, yamlLabel: string) {
    this.#yaml = yaml
    this.#yamlLabel = yamlLabel
    this.tree = yaml === null ? {} : yaml.tree
  }

  /** The environment wins: a setting replaces what YAML says, directly or through a file. */
  overlay(setting: Setting): void {
    const { subject, key } = setting.variable
    const path = [...(subject === 'daemon' ? [] : this.#entryOf(subject, setting.name)), ...key]
    const filePath = fileKey(path)
    this.remove(path)
    this.remove(filePath)
    this.set(setting.isFile ? filePath : path, setting.text, setting.name)
  }

  at(path: Path): unknown {
    let value: unknown = this.tree
    for (const step of path) value = ownValue(value, step)
    return value
  }

  set(path: Path, value: unknown, origin: string): void {
    const last = path.at(-1) ?? ''
    const holder = this.#holderOf(path)
    if (holder === null) return
    holder[last] = value
    this.#origins.set(idOf(path), origin)
  }

  remove(path: Path): void {
    const holder = this.at(path.slice(0, -1))
    if (isMapping(holder)) delete holder[String(path.at(-1))]
  }

  /** The mappings of a list, each with its path. */
  entries(list: 'accounts' | 'hooks'): { path: Path; entry: Entry }[] {
    const items = this.tree[list]
    if (!Array.isArray(items)) return []
    return items.flatMap((entry: unknown, index) =>
      isMapping(entry) ? [{ path: [list, index], entry }] : [],
    )
  }

  /** The variable a value came from; null where it is YAML's. */
  originOf(path: Path): string | null {
    return this.#origins.get(idOf(path)) ?? null
  }

  /** How a message names this place. */
  nameOf(path: Path): string {
    const known = this.originOf(path) ?? this.#variableFor(path)
    if (known !== null) return known
    const line = this.#yaml?.lineOf(path) ?? null
    return `${pathText(path)} (${this.#yamlLabel}${line === null ? '' : ` line ${line}`})`
  }

  /** The other variables of an entry that only the environment made: why this one is needed at all. */
  reasonFor(path: Path): string[] {
    return this.#made.get(idOf(path.slice(0, 2)))?.names ?? []
  }

  /** Nothing at or below a reported path is reported again. */
  report(path: Path, message: string, named: Path = path): void {
    if (path.some((_, index) => this.#reported.has(idOf(path.slice(0, index + 1))))) return
    this.problems.push({ where: this.nameOf(named), message })
    this.#reported.add(idOf(path))
  }

  #entryOf(subject: keyof typeof ENTRIES, variable: string): Path {
    const { list, entry } = ENTRIES[subject]
    const existing = this.entries(list).find((own) => own.entry.name === entry.name)
    const path = existing?.path ?? [list, this.#listOf(list).push({ ...entry }) - 1]
    if (existing === undefined) this.#made.set(idOf(path), { subject, names: [] })
    this.#made.get(idOf(path))?.names.push(variable)
    return path
  }

  #listOf(list: 'accounts' | 'hooks'): unknown[] {
    const items = this.tree[list]
    if (Array.isArray(items)) return items
    // Not by report(): that would cover the problems of the entry that goes in here.
    if (items !== undefined)
      this.problems.push({ where: this.nameOf([list]), message: 'is no list; expected one' })
    const fresh: unknown[] = []
    this.tree[list] = fresh
    return fresh
  }

  #variableFor(path: Path): string | null {
    const made = this.#made.get(idOf(path.slice(0, 2)))
    const key = path.slice(2).join('.')
    const found = VARIABLES.find(
      ({ subject, key: own }) => subject === (made?.subject ?? null) && own.join('.') === key,
    )
    return found?.name ?? null
  }

  #holderOf(path: Path): Record<string | number, unknown> | null {
    let holder: unknown = this.tree
    for (const step of path.slice(0, -1)) {
      if (isMapping(holder) && ownValue(holder, step) === undefined) holder[step] = {}
      holder = ownValue(holder, step)
    }
    return typeof holder === 'object' && holder !== null ? (holder as Record<string | number, unknown>) : null
  }
}

/** The key that says in which file a secret stands. */
export function fileKey(path: Path): Path {
  return [...path.slice(0, -1), `${path.at(-1)}_file`]
}

/** `accounts[0].budget.burst` */
export function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index > 0 ? '.' : ''}${step}`))
    .join('')
}

function ownValue(holder: unknown, step: string | number): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, step)) return undefined
  return (holder as Record<string | number, unknown>)[step]
}

function idOf(path: Path): string {
  return JSON.stringify(path)
}
