import { disableHook, enableHook } from '../../store/hooks.ts'
import { withStore } from '../open-store.ts'
import type { CommonOptions } from '../options.ts'
import type { Shell } from '../shell.ts'
import { requireHook } from './find.ts'

export async function enable(shell: Shell, name: string, { json }: CommonOptions): Promise<void> {
  await withStore(shell, async ({ db }) => {
    await requireHook(db, name)
    const released = (await enableHook(db, name)) ?? 0
    if (json) return shell.printJson({ name, state: 'active', released })
    const held =
      released === 0
        ? 'Nothing was held for it.'
        : `${released} held ${released === 1 ? 'delivery is' : 'deliveries are'} on the way.`
    shell.print(`Hook ${name} is active. ${held}`)
  })
}

export async function disable(shell: Shell, name: string, { json }: CommonOptions): Promise<void> {
  await withStore(shell, async ({ db }) => {
    await requireHook(db, name)
    await disableHook(db, name, 'disabled by hand')
    if (json) return shell.printJson({ name, state: 'disabled' })
    shell.print(`Hook ${name} is disabled. Its events are held until: landfall hooks enable ${name}`)
  })
}
