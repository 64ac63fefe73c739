import type { HookConfig } from '../../config/config.ts'
import type { Db } from '../../store/db.ts'
import { listHooks } from '../../store/hooks.ts'
import { EXIT, Failure } from '../exit.ts'
import { clean } from '../text.ts'

/** Ends the command where the database knows no hook of this name. */
export async function requireHook(db: Db, name: string): Promise<void> {
  const names = (await listHooks(db)).map((hook) => hook.name)
  if (!names.includes(name)) throw noSuchHook(name, names)
}

/** The hook's settings; ends the command where the configuration names no such hook. */
export function requireConfigured(hooks: readonly HookConfig[], name: string): HookConfig {
  const hook = hooks.find((one) => one.name === name)
  if (hook !== undefined) return hook
  throw noSuchHook(
    name,
    hooks.map((one) => one.name),
  )
}

function noSuchHook(name: string, names: readonly string[]): Failure {
  const there = names.length === 0 ? 'none at all' : names.join(', ')
  return new Failure(EXIT.failure, `No hook is called ${clean(name)}. There is ${there}.`)
}
