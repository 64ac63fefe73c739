import { type Refusal, refuse, type StoredSettings, secretsAt } from '../domain/stored-hook.ts'
import { publicKeysOf } from '../hooks/signature.ts'
import type { Vault } from '../runtime/vault.ts'
import type { StoredHookRow } from '../store/stored-hooks.ts'

const KEY_FORM = '32 random bytes as base64, as openssl rand -base64 32 makes them'

export const NO_KEY = `stored hooks need a key for their secrets: set LANDFALL_SECRET_KEY (or LANDFALL_SECRET_KEY_FILE) to ${KEY_FORM}, the same in every process`

type Opened = { readonly kind: 'opened'; readonly settings: StoredSettings } | Refusal

/** Bound to the name, so that one hook's row cannot be put in the place of another's. */
const aboutOf = (name: string) => `landfall hook ${name}`

export function sealSettings(vault: Vault, name: string, settings: StoredSettings): string {
  return vault.seal(JSON.stringify(settings), aboutOf(name))
}

export function openSettings(vault: Vault | null, { name, sealed }: StoredHookRow): Opened {
  if (vault === null) return refuse('no_key', NO_KEY)
  const text = vault.open(sealed, aboutOf(name))
  if (text !== null) return { kind: 'opened', settings: JSON.parse(text) as StoredSettings }
  const message = `LANDFALL_SECRET_KEY is not the key that hook ${name} was stored with: set that one, or remove the hook and add it anew`
  return refuse('no_key', message)
}

/** What senders take, as of this moment. */
export function targetOf(settings: StoredSettings, now: Date) {
  if (settings.kind === 'slack') return settings
  const { kind, url, format, secrets } = settings
  return { kind, url, format, secrets: secretsAt(secrets, now) }
}

export function storedPublicKeys(settings: StoredSettings): string[] {
  return settings.kind === 'webhook' ? publicKeysOf(secretsAt(settings.secrets, new Date())) : []
}
