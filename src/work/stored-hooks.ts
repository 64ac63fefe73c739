import { parseDuration } from '../domain/duration.ts'
import type { EventType } from '../domain/event-type.ts'
import { nextSecrets, type Refusal, refuse, type StoredSettings } from '../domain/stored-hook.ts'
import { createSecret, publicKeyOf } from '../hooks/signature.ts'
import { describeIssues } from '../runtime/describe-issues.ts'
import { whyHostForbidden } from '../runtime/public-address.ts'
import type { Vault } from '../runtime/vault.ts'
import { type Db, inTransaction, type Tx } from '../store/db.ts'
import {
  insertStoredHook,
  listStoredHooks,
  lockHook,
  removeStoredHook,
  STORED_HOOKS_AT_MOST,
  updateStoredHook,
} from '../store/stored-hooks.ts'
import { changeSchemas, newHookSchema, rotationSchema } from './stored-hook-schema.ts'
import { NO_KEY, openSettings, sealSettings } from './stored-settings.ts'

export interface StoredHooksDeps {
  readonly db: Db
  /** Null where no key is set: nothing can be stored then. */
  readonly vault: Vault | null
  /** Names that the configuration uses. */
  readonly configured: ReadonlySet<string>
  /** Whether hooks may lead to private and loopback addresses. */
  readonly allowPrivate: boolean
}

/** What its maker is told, once: `secret` is null where the kind signs nothing. */
interface Made {
  readonly kind: 'ok'
  readonly name: string
  readonly secret: string | null
  readonly public_key: string | null
}

type Done = { readonly kind: 'ok'; readonly name: string }

export async function addStoredHook(deps: StoredHooksDeps, raw: unknown): Promise<Made | Refusal> {
  const { db, vault, configured } = deps
  if (vault === null) return refuse('no_key', NO_KEY)
  const parsed = newHookSchema.safeParse(raw)
  if (!parsed.success) return refuse('invalid', describeIssues(parsed.error))
  const { name, kind, events, url } = parsed.data
  const forbidden = refuseForbidden(deps, url)
  if (forbidden !== null) return forbidden
  const taken = refuse('conflict', `a hook is called ${name} already; choose another name`)
  if (configured.has(name)) return taken
  const secret = parsed.data.kind === 'webhook' ? createSecret(parsed.data.signing) : null
  const sealed = sealSettings(vault, name, settingsOf(parsed.data, secret))
  return inTransaction(db, async (tx) => {
    if ((await listStoredHooks(tx)).length >= STORED_HOOKS_AT_MOST) {
      return refuse('conflict', `there are ${STORED_HOOKS_AT_MOST} stored hooks, and no room for more`)
    }
    const isNew = await insertStoredHook(tx, { name, kind, events, sealed })
    return isNew ? tellMade(name, secret) : taken
  })
}

export async function alterStoredHook(
  deps: StoredHooksDeps,
  name: string,
  raw: unknown,
): Promise<Done | Refusal> {
  return changeStored(deps, name, (settings, stored) => {
    const parsed = changeSchemas[settings.kind].safeParse(raw)
    if (!parsed.success) return refuse('invalid', describeIssues(parsed.error))
    const forbidden = refuseForbidden(deps, parsed.data.url)
    if (forbidden !== null) return forbidden
    const { events = stored, ...rest } = parsed.data
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
    return { settings: { ...settings, ...given }, events, told: { kind: 'ok', name } }
  })
}

/** A new secret of the kind that the hook has. The old one signs beside it for a while. */
export async function rotateStoredHook(
  deps: StoredHooksDeps,
  name: string,
  raw: unknown,
): Promise<Made | Refusal> {
  const parsed = rotationSchema.safeParse(raw)
  if (!parsed.success) return refuse('invalid', describeIssues(parsed.error))
  const overlapMs = parsed.data.overlap === '0' ? 0 : parseDuration(parsed.data.overlap)
  if (overlapMs === null || overlapMs > LONGEST_OVERLAP_MS) {
    return refuse('invalid', 'overlap: expected a duration such as 1h or 7d, up to 30d, or 0')
  }
  return changeStored(deps, name, (settings, events) => {
    if (settings.kind !== 'webhook') {
      return refuse('conflict', `hook ${name} is of kind ${settings.kind}, which signs nothing`)
    }
    const isPair = publicKeyOf(settings.secrets[0]?.secret ?? '') !== null
    const secret = createSecret(isPair ? 'pair' : 'shared')
    const secrets = nextSecrets(settings.secrets, secret, new Date(), overlapMs)
    return { settings: { ...settings, secrets }, events, told: tellMade(name, secret) }
  })
}

const LONGEST_OVERLAP_MS = 30 * 86_400_000

/** Works without the key too: a hook whose key was lost must not stay for ever. */
export async function dropStoredHook({ db }: StoredHooksDeps, name: string): Promise<Done | Refusal> {
  return inTransaction(db, async (tx) => {
    const stored = await findStored(tx, name)
    if ('kind' in stored) return stored
    await removeStoredHook(tx, name)
    return { kind: 'ok', name }
  })
}

interface Change<T> {
  readonly settings: StoredSettings
  readonly events: readonly EventType[]
  readonly told: T
}

async function changeStored<T>(
  { db, vault }: StoredHooksDeps,
  name: string,
  decide: (settings: StoredSettings, events: readonly EventType[]) => Change<T> | Refusal,
): Promise<T | Refusal> {
  return inTransaction(db, async (tx) => {
    const stored = await findStored(tx, name)
    if ('kind' in stored) return stored
    const opened = openSettings(vault, { name, sealed: stored.sealed })
    if (opened.kind === 'refused' || vault === null) return opened as Refusal
    const change = decide(opened.settings, stored.events)
    if ('kind' in change) return change
    const { settings, events, told } = change
    await updateStoredHook(tx, { name, events, sealed: sealSettings(vault, name, settings) })
    return told
  })
}

async function findStored(tx: Tx, name: string) {
  const hook = await lockHook(tx, name)
  if (hook === null) return refuse('missing', `no hook is called ${name}`)
  const { events, sealed } = hook
  if (sealed !== null) return { events, sealed }
  return refuse('conflict', `hook ${name} stands in the configuration: alter it there, and restart`)
}

/** Where a name leads is checked at each attempt; what is forbidden as written never becomes allowed. */
function refuseForbidden({ allowPrivate }: StoredHooksDeps, url: string | undefined): Refusal | null {
  const reason = allowPrivate || url === undefined ? null : whyHostForbidden(new URL(url).hostname)
  if (reason === null) return null
  return refuse('invalid', `url: ${reason}; expected a public address, or LANDFALL_ALLOW_PRIVATE_HOOKS=true`)
}

type NewHook = ReturnType<typeof newHookSchema.parse>

function settingsOf(hook: NewHook, secret: string | null): StoredSettings {
  if (hook.kind === 'slack') return { kind: 'slack', url: hook.url, link: hook.link }
  const secrets = secret === null ? [] : [{ secret, until: null }]
  return { kind: 'webhook', url: hook.url, format: hook.format, secrets }
}

function tellMade(name: string, secret: string | null): Made {
  return { kind: 'ok', name, secret, public_key: secret === null ? null : publicKeyOf(secret) }
}
