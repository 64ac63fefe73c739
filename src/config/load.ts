import { dirname, resolve } from 'node:path'

import type { Config } from './config.ts'
import { Draft } from './draft.ts'
import { CONFIG_VARIABLE, type Env, readEnvironment, textOf } from './environment.ts'
import { formOf } from './form.ts'
import type { Problem } from './problem.ts'
import { applyRules } from './rules.ts'
import { configSchema } from './schema.ts'
import { readSecretFiles } from './secret-files.ts'
import { tryRead } from './try-read.ts'
import { type Path, parseYaml, type YamlFile } from './yaml-file.ts'

export interface ConfigSources {
  readonly env: Env
  /** What relative paths in variables are relative to; those in YAML are relative to its own folder. */
  readonly cwd: string
  /** Throws what `fs.readFileSync(path, 'utf8')` throws. */
  readonly readFile: (path: string) => string
}

export type LoadedConfig =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

/** Environment over YAML over defaults; every problem is found before any is returned. */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const environment = readEnvironment(sources.env)
  const yaml = findYaml(sources)
  const draft = new Draft(yaml.file, yaml.label)
  for (const setting of environment.settings) draft.overlay(setting)

  const folderOf = (path: Path) => (draft.originOf(path) === null ? dirname(yaml.path) : sources.cwd)
  const files = new Map<string, string>()
  readSecretFiles(draft, (path, file) => {
    const absolute = resolve(folderOf(path), file)
    files.set(path.join('.'), absolute)
    return sources.readFile(absolute)
  })
  // What a broken file would have said is not missing, only unread.
  const isComplete = yaml.problems.length === 0
  if (isComplete) applyRules(draft)
  const config = checkDraft(draft, isComplete)

  const problems = [...environment.problems, ...yaml.problems, ...draft.problems]
  if (config === null || problems.length > 0) return { kind: 'invalid', problems }
  const dataDir = config.dataDir === null ? null : resolve(folderOf(['data_dir']), config.dataDir)
  const hooks = config.hooks.map((hook) =>
    hook.kind === 'jsonl' ? { ...hook, path: resolve(dirname(yaml.path), hook.path) } : hook,
  )
  const accounts = config.accounts.map((account, index) => {
    const apiKeyFile = files.get(`accounts.${index}.api_key_file`)
    return apiKeyFile === undefined ? account : { ...account, apiKeyFile }
  })
  return { kind: 'ok', config: deepFreeze({ ...config, dataDir, accounts, hooks }) }
}

interface FoundYaml {
  readonly file: YamlFile | null
  readonly problems: readonly Problem[]
  readonly path: string
  /** How messages name it: as the user did. */
  readonly label: string
}

const DEFAULT_YAML = 'landfall.yaml'

function findYaml({ env, cwd, readFile }: ConfigSources): FoundYaml {
  const named = textOf(env, CONFIG_VARIABLE)
  const label = named ?? DEFAULT_YAML
  const path = resolve(cwd, label)
  const read = tryRead(() => readFile(path))
  if (read.kind === 'unreadable') {
    if (named === null && read.code === 'ENOENT') return { file: null, problems: [], path, label }
    const where = named === null ? path : CONFIG_VARIABLE
    const message = named === null ? read.reason : `names ${path}, which ${read.reason}`
    return { file: null, problems: [{ where, message }], path, label }
  }
  const parsed = parseYaml(read.text, label)
  if (parsed.kind === 'invalid') return { file: null, problems: parsed.problems, path, label }
  return { file: parsed.file, problems: [], path, label }
}

/** What zod calls the shapes around the values; the values' own messages stand in their schemas. */
const SHAPES: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'a text',
}

function checkDraft(draft: Draft, isComplete: boolean): Config | null {
  const parsed = configSchema.safeParse(draft.tree, {
    error: (issue) => {
      const shape = 'expected' in issue ? SHAPES[String(issue.expected)] : undefined
      return `is ${formOf(issue.input, true)}; expected ${shape ?? 'something else'}`
    },
  })
  if (parsed.success) return parsed.data

  for (const { path, message } of parsed.error.issues) {
    const steps = path.filter((step) => typeof step !== 'symbol')
    if (draft.at(steps) !== undefined) draft.report(steps, message)
    else if (isComplete)
      draft.report(steps, message.replace('is not set', `is not set${because(draft, steps)}`))
  }
  return null
}

function because(draft: Draft, path: Path): string {
  const others = draft.reasonFor(path)
  return others.length === 0 ? '' : `, but ${others.join(', ')} ${others.length === 1 ? 'is' : 'are'}`
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const item of Object.values(value)) deepFreeze(item)
  return Object.freeze(value)
}
