import { type AnonOptions, createAnonProvider } from './anon/client.ts'
import type { Provider } from './provider.ts'
import { createVernProvider, type VernOptions } from './vern/client.ts'

/** What every provider needs to know of an account. */
export type ProviderOptions = AnonOptions & VernOptions

const FACTORIES: Readonly<Record<string, (options: ProviderOptions) => Provider>> = {
  anon: createAnonProvider,
  vern: createVernProvider,
}

/** Throws for a kind that does not exist: configuration is checked before accounts are opened. */
export function createProvider(kind: string, options: ProviderOptions): Provider {
  const create = Object.hasOwn(FACTORIES, kind) ? FACTORIES[kind] : undefined
  if (!create) throw new Error(`no provider "${kind}"; there is ${Object.keys(FACTORIES).join(', ')}`)
  return create(options)
}
