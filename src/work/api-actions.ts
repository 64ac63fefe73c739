import type { Identity } from '../store/views/migrations.ts'
import type { Deps } from './deps.ts'
import { explainReading, toReadingJson } from './explain-reading.ts'
import { foretellLag, toPlanJson } from './foretell-lag.ts'
import { resumeByHand } from './resume-account.ts'
import { trackMigration } from './track-migration.ts'

/** What the API asks of the use cases. */
export function createApiActions(deps: Deps) {
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
    resume: (account: string) => resumeByHand(deps, account),
  }
}
