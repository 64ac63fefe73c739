import { createSecret, publicKeyOf } from '../../hooks/signature.ts'
import { EXIT, Failure } from '../exit.ts'
import { readConfig } from '../read-config.ts'
import type { Shell } from '../shell.ts'
import type { RotateOptions } from './options.ts'
import { rotateStored } from './stored.ts'

/** A configured hook's secret stands in the configuration and nowhere else, so that only its owner can change it. */
export async function rotate(shell: Shell, name: string, options: RotateOptions): Promise<void> {
  const hook = (await readConfig(shell)).hooks.find((one) => one.name === name)
  if (hook === undefined) return rotateStored(shell, name, options)
  if (options.overlap !== undefined) {
    throw new Failure(EXIT.usage, `Hook ${name} stands in the configuration, which says how long both sign.`)
  }
  if (hook.kind !== 'webhook') {
    throw new Failure(EXIT.failure, `Hook ${name} is of kind ${hook.kind}, which signs nothing.`)
  }
  const isPair = publicKeyOf(hook.secrets[0] ?? '') !== null
  const secret = createSecret(isPair ? 'pair' : 'shared')
  const publicKey = publicKeyOf(secret)
  if (options.json) return shell.printJson({ name, secret, public_key: publicKey })
  shell.print(secret)
  shell.note(`
This secret is shown only now, and is stored nowhere. To bring it in without a gap:

  1. Give hook ${name} both, the new one first: its secret with a space and the old one behind it
     (in YAML also a list). Restart the daemon: every request then carries both signatures.
  2. Give the receiver ${publicKey === null ? 'the new secret' : `the new public key, ${publicKey}`}.
  3. Take the old secret away, and restart the daemon.`)
}
