import type { Outcome } from '../../providers/provider.ts'
import { createVernProvider, type VernProvider } from '../../providers/vern/client.ts'
import type { Db } from '../../store/db.ts'
import { findRun } from '../../store/runs.ts'
import type { MigrationRow } from '../../store/views/migrations.ts'
import type { Account } from '../../work/account.ts'
import { actAtProvider } from '../../work/act-at-provider.ts'
import { openAccount } from '../../work/open-account.ts'
import { EXIT, Failure } from '../exit.ts'
import { nameOf, requireMigration } from '../find-migration.ts'
import { type OpenStore, withStore } from '../open-store.ts'
import type { Shell } from '../shell.ts'
import { listenForStop } from '../stop-signal.ts'
import { doneOf } from '../told-outcome.ts'

/** An account at Vern, and the daemon's database. */
export interface AtVern extends OpenStore {
  readonly account: Account
  readonly actions: VernProvider['actions']
  readonly signal: AbortSignal
  /** One request within the budget; whatever goes wrong ends the command. */
  ask<T>(what: string, send: () => Promise<Outcome<T>>): Promise<T>
}

export interface AtMigration extends AtVern {
  readonly migration: MigrationRow
  readonly name: string
  /** Ends the command where none is known. */
  requireRun(): Promise<{ readonly migrationId: string; readonly runId: string }>
}

/** `pick` says which account, where there are several. */
export async function withVern(
  shell: Shell,
  pick: (db: Db) => Promise<string | undefined>,
  work: (at: AtVern) => Promise<void>,
): Promise<void> {
  await withStore(shell, async (store) => {
    const account = await pick(store.db)
    const found = store.config.accounts.filter((one) => one.provider === 'vern')
    const named = account === undefined ? found : found.filter((one) => one.name === account)
    const [config, ...more] = named
    if (config === undefined || more.length > 0)
      throw noAccount(
        account,
        found.map(({ name }) => name),
      )
    const provider = createVernProvider(config)
    const opened = openAccount(config)
    const stop = listenForStop()
    const ask = async <T>(what: string, send: () => Promise<Outcome<T>>) =>
      doneOf('Vern', what, await actAtProvider(store.db, opened, send))
    try {
      await work({ ...store, account: opened, actions: provider.actions, signal: stop.signal, ask })
    } finally {
      stop.release()
      await provider.close()
      await opened.provider.close()
    }
  })
}

/** The migration says which account it is. */
export async function withMigration(
  shell: Shell,
  id: string,
  work: (at: AtMigration) => Promise<void>,
): Promise<void> {
  const pick = async (db: Db) => (await requireMigration(db, id)).account
  await withVern(shell, pick, async (at) => {
    const migration = await requireMigration(at.db, id)
    const requireRun = async () => {
      const runId = await findRun(at.db, migration)
      if (runId !== null) return { migrationId: migration.migration_id, runId }
      const hint = `landfall vern run ${nameOf(migration)} generate starts one, or finds the one under way.`
      throw new Failure(EXIT.failure, `No run of ${nameOf(migration)} is known. ${hint}`)
    }
    await work({ ...at, migration, name: nameOf(migration), requireRun })
  })
}

function noAccount(asked: string | undefined, there: readonly string[]): Failure {
  if (there.length === 0)
    return new Failure(
      EXIT.configuration,
      'No account at Vern is configured: set VERN_API_KEY, or LANDFALL_CONFIG.',
    )
  const which = asked === undefined ? 'Say which account with --account' : `Account ${asked} is not at Vern`
  return new Failure(EXIT.usage, `${which}: ${there.join(', ')}.`)
}
