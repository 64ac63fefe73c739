import type { ApiDescription } from '../domain/api-description.ts'
import { type AnonOptions, createAnonProvider } from './anon/client.ts'
import { createGenericProvider } from './generic/client.ts'
import type { Provider } from './provider.ts'
import { createVernProvider, type VernOptions } from './vern/client.ts'

/** What providers need to know of an account. */
export type ProviderOptions = AnonOptions & VernOptions & { readonly api?: ApiDescription | undefined }

const FACTORIES: Readonly<Record<string, (options: ProviderOptions) => Provider>> = {
  anon: createAnonProvider,
  vern: createVernProvider,
  generic: ({ api, statusMap = {}, ...options }) => {
    if (api === undefined) throw new Error('a generic provider needs the description of its API')
    return createGenericProvider({ ...options, api, statusMap })
  },
}

/** Throws for a kind that does not exist: configuration is checked before accounts are opened. */
export function createProvider(kind: string, options: ProviderOptions): Provider {
  const create = Object.hasOwn(FACTORIES, kind) ? FACTORIES[kind] : undefined
  if (!create) throw new Error(`no provider "${kind}"; there is ${Object.keys(FACTORIES).join(', ')}`)
  return create(options)
}
