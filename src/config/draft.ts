import { type Setting, type Subject, VARIABLES } from './environment.ts'
import { isPlainKey } from './form.ts'
import type { Problem } from './problem.ts'
import { fileKey } from './schema.ts'
import { isMapping, type Path, type YamlFile } from './yaml-file.ts'

/** The place a variable's subject has in the YAML tree: an entry of a list, known by its name. */
const ENTRIES = {
  anon: { list: 'accounts', entry: { name: 'anon', provider: 'anon' } },
  vern: { list: 'accounts', entry: { name: 'vern', provider: 'vern' } },
  webhook: { list: 'hooks', entry: { name: 'default', kind: 'webhook' } },
} as const

/** One account or hook, still unchecked. */
interface Entry {
  readonly name?: unknown
  readonly provider?: unknown
  readonly kind?: unknown
}

/** The YAML tree with the environment laid over it, still unchecked, and where each value came from. */
export class Draft {
  readonly tree: Record<string, unknown>
  readonly #yaml: YamlFile | null
  readonly #yamlLabel: string
  readonly #origins = new Map<string, string>()
  /** Entries that only the environment made, and the variables that did. */
  readonly #made = new Map<string, { subject: Subject; names: string[] }>()
  readonly #problems: { problem: Problem; line: number }[] = []
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
    const filePath = filePathOf(path)
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

  /** The environment's first, then in the order of the YAML file's lines. */
  get problems(): Problem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line).map(({ problem }) => problem)
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
    this.#reported.add(idOf(path))
    this.#add(named, message)
  }

  #add(path: Path, message: string): void {
    const isYaml = this.originOf(path) === null && this.#variableFor(path) === null
    const line = isYaml ? (this.#yaml?.lineOf(path) ?? Number.MAX_SAFE_INTEGER) : 0
    this.#problems.push({ problem: { where: this.nameOf(path), message }, line })
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
    if (items !== undefined) this.#add([list], 'is no list; expected one')
    const fresh: unknown[] = []
    this.tree[list] = fresh
    return fresh
  }

  /** For what is not there: the variable that could set it, unless the YAML file has begun to say it. */
  #variableFor(path: Path): string | null {
    const made = this.#made.get(idOf(path.slice(0, 2)))
    const isAbsent = path.length === 1 && this.at(path) === undefined
    const subject = made?.subject ?? (isAbsent ? 'daemon' : null)
    const key = path.slice(made === undefined ? 0 : 2).join('.')
    return VARIABLES.find((known) => known.subject === subject && known.key.join('.') === key)?.name ?? null
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

/** Where the name of the file stands that holds the secret of this path. */
export function filePathOf(path: Path): Path {
  return [...path.slice(0, -1), fileKey(String(path.at(-1)))]
}

/** `accounts[0].budget.burst`, without keys that might be misplaced secrets. */
function pathText(path: Path): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    return isPlainKey(step) ? `.${step}` : '.***'
  })
  return steps.join('').replace(/^\./, '')
}

function ownValue(holder: unknown, step: string | number): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, step)) return undefined
  return (holder as Record<string | number, unknown>)[step]
}

function idOf(path: Path): string {
  return JSON.stringify(path)
}
