import type { Config, HookConfig } from '../../config/config.ts'
import type { Db } from '../../store/db.ts'
import { listHooks } from '../../store/hooks.ts'
import { listStoredHooks } from '../../store/stored-hooks.ts'
import { openSettings, targetOf } from '../../work/stored-settings.ts'
import { EXIT, Failure } from '../exit.ts'
import { type OpenStore, withStore } from '../open-store.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'
import { failureOf, vaultOf } from './stored.ts'

/** Ends the command where the database knows no hook of this name. */
export async function requireHook(db: Db, name: string): Promise<void> {
  const names = (await listHooks(db)).map((hook) => hook.name)
  if (!names.includes(name)) throw noSuchHook(name, names)
}

/** What to send to, from the configuration or the database; ends the command where neither has such a hook. */
export async function findTarget(shell: Shell, config: Config, name: string): Promise<Target> {
  const configured = config.hooks.find((one) => one.name === name)
  return configured ?? withStore(shell, (store) => findStoredTarget(store, name))
}

type Target = HookConfig | (ReturnType<typeof targetOf> & { readonly name: string })

async function findStoredTarget({ db, config }: OpenStore, name: string): Promise<Target> {
  const rows = await listStoredHooks(db)
  const row = rows.find((one) => one.name === name)
  if (row === undefined)
    throw noSuchHook(
      name,
      [...config.hooks, ...rows].map((one) => one.name),
    )
  const opened = openSettings(vaultOf(config), row)
  if (opened.kind === 'refused') throw failureOf(opened)
  return { name, ...targetOf(opened.settings, new Date()) }
}

function noSuchHook(name: string, names: readonly string[]): Failure {
  const there = names.length === 0 ? 'none at all' : names.join(', ')
  return new Failure(EXIT.failure, `No hook is called ${clean(name)}. There is ${there}.`)
}
