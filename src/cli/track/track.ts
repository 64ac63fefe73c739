import { createMeter } from '../../metrics/meter.ts'
import { listAccounts } from '../../store/views/accounts.ts'
import { findMigrations, type Identity } from '../../store/views/migrations.ts'
import { newEventId } from '../../work/event-id.ts'
import { openAccount } from '../../work/open-account.ts'
import { createPlannerSeats } from '../../work/planner-seats.ts'
import { type Tracked, trackMigration } from '../../work/track-migration.ts'
import { describeIdle } from '../daemon-at-work.ts'
import { EXIT, Failure } from '../exit.ts'
import { nameOf } from '../find-migration.ts'
import { type OpenStore, withStore } from '../open-store.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'

export async function track(shell: Shell, asked: Identity, isJson: boolean): Promise<void> {
  await withStore(shell, async (store) => {
    shell.status(`Asking the provider of account ${clean(asked.account)} …`)
    const outcome = await ask(store, asked)
    shell.status('')
    if (outcome.kind !== 'tracked') throw failureOf(asked, outcome)
    const [found] = await findMigrations(store.db, outcome.migration_id, asked.account)
    if (found === undefined) throw new Error(`track: ${nameOf(asked)} was lost`)
    if (isJson) return shell.printJson(found)
    const status = `${shell.paint(PHASE_STYLE[found.phase], clean(found.status))} (${found.phase})`
    shell.print(
      outcome.isNew
        ? `${nameOf(found)} is tracked from now on: ${status}.`
        : `${nameOf(found)} was known already: ${status}. It is read next.`,
    )
    const idle = await describeIdle(store.db, asked.account)
    if (idle !== null) shell.note(`But ${idle}: it is followed once one runs.`)
  })
}

async function ask(
  { db, log, config }: OpenStore,
  { account: name, migration_id: id }: Identity,
): Promise<Tracked> {
  const configured = config.accounts.find((one) => one.name === name)
  if (configured === undefined) {
    const names = config.accounts.map((one) => one.name).join(', ') || 'none at all'
    const message = `Account ${clean(name)} does not stand in the configuration here, and so there is no key to ask with. There is ${names}.`
    throw new Failure(EXIT.configuration, message)
  }
  if ((await listAccounts(db)).every((row) => row.account !== name)) {
    throw new Failure(
      EXIT.failure,
      `No daemon has worked for account ${name} yet: landfall up begins with it.`,
    )
  }
  const account = openAccount(configured)
  const deps = {
    ...{ db, log, newEventId, random: Math.random },
    accounts: new Map([[name, account]]),
    seats: createPlannerSeats('cli', Math.random),
    meter: createMeter({ accounts: [name], hooks: [] }),
  }
  try {
    return await trackMigration(deps, account, id)
  } finally {
    await account.provider.close()
  }
}

function failureOf(asked: Identity, outcome: Exclude<Tracked, { kind: 'tracked' }>): Failure {
  const account = `account ${asked.account}`
  switch (outcome.kind) {
    case 'missing':
      return new Failure(
        EXIT.failure,
        `The provider of ${account} knows no migration ${clean(asked.migration_id)}.`,
      )
    case 'suspended':
      return new Failure(
        EXIT.failure,
        `The provider refuses the key of ${account}: landfall accounts tells why.`,
      )
    case 'busy':
      return new Failure(
        EXIT.unreachable,
        `The budget of ${account} let no request out in time. Try again in a moment.`,
      )
    case 'unusable':
      return new Failure(EXIT.unreachable, `The provider's answer was of no use: ${clean(outcome.reason)}.`)
    default:
      return outcome satisfies never
  }
}
