import { z } from 'zod'

import type { HookRegistry } from './hook-registry.ts'
import { changeSchemas, newHookSchema, rotationSchema } from './stored-hook-schema.ts'
import {
  addStoredHook,
  alterStoredHook,
  dropStoredHook,
  rotateStoredHook,
  type StoredHooksDeps,
} from './stored-hooks.ts'
import { testHook, toTestedJson } from './test-hook.ts'

/** What people do with hooks, for whoever serves it to them. */
export function createHookActions(
  deps: StoredHooksDeps,
  { hooks, reload }: Pick<HookRegistry, 'hooks' | 'reload'>,
) {
  /** Here the change holds as soon as it is answered; other processes are rung. */
  async function known<T>(change: Promise<T>): Promise<T> {
    const changed = await change
    await reload()
    return changed
  }

  return {
    test: async (name: string) => {
      const hook = hooks.get(name)
      return hook === undefined ? null : { name, ...toTestedJson(await testHook(hook)) }
    },
    publicKeysOf: (name: string) => hooks.get(name)?.publicKeys() ?? [],
    add: (raw: unknown) => known(addStoredHook(deps, raw)),
    alter: (name: string, raw: unknown) => known(alterStoredHook(deps, name, raw)),
    rotate: (name: string, raw: unknown) => known(rotateStoredHook(deps, name, raw)),
    remove: (name: string) => known(dropStoredHook(deps, name)),
    bodies: {
      add: newHookSchema,
      alter: z.union([changeSchemas.webhook, changeSchemas.slack]),
      rotate: rotationSchema,
    },
  }
}
