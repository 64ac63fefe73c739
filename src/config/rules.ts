import { isLoopback } from '../runtime/loopback.ts'
import { whyHostForbidden } from '../runtime/public-address.ts'
import { host } from './address.ts'
import type { Draft } from './draft.ts'
import { HOOK_KINDS, keysOfKind } from './hook-schema.ts'
import { fileKey, KNOWN_KEYS, SECRET_KEYS, USELESS_KEYS } from './schema.ts'
import { nearest } from './suggest.ts'
import { flag, name } from './values.ts'
import { isMapping, type Path } from './yaml-file.ts'

/** What no single value shows: rules over several of them. */
export function applyRules(draft: Draft): void {
  reportUnknownKeys(draft)
  reportTwins(draft, 'accounts')
  reportTwins(draft, 'hooks')
  reportNamesWithoutKind(draft)
  reportOpenHost(draft)
  reportForbiddenHooks(draft)
}

function reportUnknownKeys(draft: Draft): void {
  reportKeysOf(draft, [], KNOWN_KEYS.daemon)
  reportKeysOf(draft, ['keep'], KNOWN_KEYS.keep)
  for (const { path, entry } of draft.entries('accounts')) {
    const useless = USELESS_KEYS[String(entry.provider)] ?? []
    reportKeysOf(
      draft,
      path,
      KNOWN_KEYS.accounts.filter((key) => !useless.includes(key)),
    )
    reportKeysOf(draft, [...path, 'budget'], KNOWN_KEYS.budget)
    reportKeysOf(draft, [...path, 'api'], KNOWN_KEYS.api)
    reportKeysOf(draft, [...path, 'overdue_after'], KNOWN_KEYS.overdue_after)
  }
  for (const { path, entry } of draft.entries('hooks')) {
    const keys = keysOfKind(entry.kind)
    const secret = SECRET_KEYS.hooks.filter((key) => keys.includes(key))
    reportKeysOf(draft, path, [...keys, ...secret.map(fileKey)])
  }
}

function reportKeysOf(draft: Draft, path: Path, known: readonly string[]): void {
  const mapping = draft.at(path)
  if (!isMapping(mapping)) return
  for (const key of Object.keys(mapping).filter((own) => !known.includes(own))) {
    const meant = nearest(key, known)
    const hint = meant === null ? `known are ${known.join(', ')}` : `did you mean ${meant}?`
    draft.report([...path, key], `is not a known key; ${hint}`)
  }
}

function reportTwins(draft: Draft, list: 'accounts' | 'hooks'): void {
  const firstPaths = new Map<unknown, Path>()
  for (const { path, entry } of draft.entries(list)) {
    const first = firstPaths.get(entry.name)
    if (entry.name === undefined || first === undefined) firstPaths.set(entry.name, path)
    else
      draft.report(
        [...path, 'name'],
        `is the same as ${draft.nameOf([...first, 'name'])}; expected another name`,
      )
  }
}

/** The schema looks at a hook no further than an unknown kind. */
function reportNamesWithoutKind(draft: Draft): void {
  for (const { path, entry } of draft.entries('hooks')) {
    if (entry.kind === undefined || HOOK_KINDS.some((kind) => kind === entry.kind)) continue
    const parsed = name().safeParse(entry.name)
    const [issue] = parsed.error?.issues ?? []
    if (issue !== undefined) draft.report([...path, 'name'], issue.message)
  }
}

function reportOpenHost(draft: Draft): void {
  const listening = host().safeParse(draft.at(['host']))
  if (!listening.success || isLoopback(listening.data) || draft.at(['api_token']) !== undefined) return
  const because = `but ${draft.nameOf(['host'])} is not a loopback address`
  draft.report(['api_token'], `is not set, ${because}; expected a token, or a loopback address there`)
}

/** Where a name leads is checked at each attempt; what is forbidden as written never becomes allowed. */
function reportForbiddenHooks(draft: Draft): void {
  if (flag().safeParse(draft.at(['allow_private_hooks'])).data === true) return
  for (const { path } of draft.entries('hooks')) {
    const url = draft.at([...path, 'url'])
    const reason = typeof url === 'string' ? whyHostForbidden(URL.parse(url)?.hostname ?? '') : null
    if (reason === null) continue
    const way = 'a public address, or LANDFALL_ALLOW_PRIVATE_HOOKS=true'
    draft.report([...path, 'url'], `is refused, as ${reason}; expected ${way}`)
  }
}
