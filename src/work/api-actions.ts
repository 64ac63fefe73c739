import type { Identity } from '../store/views/migrations.ts'
import { type CreationOrder, createMigration } from './create-migration.ts'
import type { Deps } from './deps.ts'
import { explainReading, toReadingJson } from './explain-reading.ts'
import { foretellLag, toPlanJson } from './foretell-lag.ts'
import { resumeByHand } from './resume-account.ts'
import { type Received, takeHint } from './take-hint.ts'
import { trackMigration } from './track-migration.ts'

/** Less than a claim lasts. */
const CREATION_MS = 20_000

/** What the API asks of the use cases. */
export function createApiActions(
  deps: Deps,
  ingestSecrets: ReadonlyMap<string, readonly string[]> = new Map(),
) {
  return {
    foretell: async (account: string) => {
      const foretold = await foretellLag(deps.db, account)
      return foretold && toPlanJson(foretold)
    },
    explain: async (migration: Identity) => toReadingJson(await explainReading(deps.db, migration)),
    /** Null where this process knows no such account. */
    track: async ({ account: name, migration_id }: Identity) => {
      const account = deps.accounts.get(name)
      return account === undefined ? null : trackMigration(deps, account, migration_id)
    },
    /** Null where this process knows no such account. It is not given up because its caller is gone. */
    create: async (name: string, order: CreationOrder) => {
      const account = deps.accounts.get(name)
      if (account === undefined) return null
      return createMigration(deps, account, order, AbortSignal.timeout(CREATION_MS))
    },
    /** Null where the account takes none. */
    takeHint: async (name: string, received: Received) => {
      const account = deps.accounts.get(name)
      const secrets = ingestSecrets.get(name)
      return account && secrets ? takeHint(deps, account, secrets, received) : null
    },
    resume: (account: string) => resumeByHand(deps, account),
  }
}
