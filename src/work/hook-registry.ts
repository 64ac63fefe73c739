import type { Logger } from 'pino'

import type { Senders } from '../hooks/senders.ts'
import type { Service } from '../runtime/service.ts'
import type { Vault } from '../runtime/vault.ts'
import type { Db } from '../store/db.ts'
import { listStoredHooks, type StoredHookRow } from '../store/stored-hooks.ts'
import type { Hook } from './deliver-event.ts'
import { openSettings, storedPublicKeys, targetOf } from './stored-settings.ts'

export interface RegistryDeps {
  readonly db: Db
  readonly log: Logger
  readonly vault: Vault | null
  readonly configured: readonly KnownHook[]
  readonly send: Senders['send']
}

export interface KnownHook extends Hook {
  /** What receivers verify ed25519 signatures with. */
  readonly publicKeys: () => readonly string[]
}

/** The hooks that this process can send to: configured ones, and stored ones as they come and go. */
export interface HookRegistry extends Service {
  readonly hooks: ReadonlyMap<string, KnownHook>
  /** Stored hooks may have changed; resolves when they have been read since, or could not be. */
  readonly reload: () => Promise<void>
}

/** Stored hooks are looked for this often, even where every ring was lost. */
const LOOK_EVERY_MS = 15_000

export function createHookRegistry(deps: RegistryDeps): HookRegistry {
  const hooks = new Map(deps.configured.map((hook): [string, KnownHook] => [hook.name, hook]))
  /** As they were last read, by name; null where that was of no use. */
  let stored = new Map<string, { sealed: string; hook: KnownHook | null }>()
  let loading: Promise<void> | null = null
  let isStale = false
  let timer: NodeJS.Timeout | null = null

  async function load(): Promise<void> {
    const rows = await listStoredHooks(deps.db)
    const next = new Map(rows.map((row) => [row.name, known(row)] as const))
    for (const name of stored.keys()) hooks.delete(name)
    for (const [name, { hook }] of next) if (hook !== null) hooks.set(name, hook)
    const isSame = next.size === stored.size && [...next].every(([name, one]) => stored.get(name) === one)
    stored = next
    if (!isSame) deps.log.info({ stored: [...next.keys()] }, 'hooks.changed')
  }

  function known(row: StoredHookRow) {
    const before = stored.get(row.name)
    return before?.sealed === row.sealed ? before : { sealed: row.sealed, hook: openStored(deps, row) }
  }

  function reload(): Promise<void> {
    isStale = true
    loading ??= loadUntilFresh().finally(() => {
      loading = null
    })
    return loading
  }

  async function loadUntilFresh(): Promise<void> {
    while (isStale) {
      isStale = false
      await load().catch((err: unknown) => deps.log.warn({ err }, 'hooks.not_read'))
    }
  }

  async function start(): Promise<void> {
    await load()
    timer = setInterval(() => void reload(), LOOK_EVERY_MS)
  }

  async function stop(): Promise<void> {
    if (timer !== null) clearInterval(timer)
    isStale = false
    await loading
  }

  return { name: 'hook registry', hooks, reload, start, stop }
}

/** Null, told once, where it cannot be opened: its events wait, and everything else goes on. */
function openStored({ log, vault, send }: RegistryDeps, row: StoredHookRow): KnownHook | null {
  const opened = openSettings(vault, row)
  if (opened.kind === 'refused') {
    log.error({ hook: row.name, reason: opened.message }, 'hook.unreadable')
    return null
  }
  const { settings } = opened
  return {
    name: row.name,
    // A secret ends at its time, also without anything being read anew.
    send: (event, signal) => send(targetOf(settings, new Date()), event, signal),
    publicKeys: () => storedPublicKeys(settings),
  }
}
