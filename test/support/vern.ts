import { phaseOf } from '../../src/domain/phase.ts'
import { VERN_STATUS_MAP } from '../../src/providers/vern/status-map.ts'
import type { VernSimulator } from '../../src/simulator/vern/server.ts'
import { registerAccount } from '../../src/store/accounts.ts'
import { type Db, inTransaction } from '../../src/store/db.ts'
import { recordRun } from '../../src/store/runs.ts'
import { recordObservations } from '../../src/work/record-observations.ts'
import { createAccount } from './account.ts'

/** Has Landfall know the migrations at Vern: there is no list that would show them. */
export async function tellOfVern(db: Db, simulator: VernSimulator): Promise<void> {
  const account = createAccount({ name: 'vern' })
  const provider = { ...account.provider, kind: 'vern' }
  await registerAccount(db, { name: 'vern', provider: 'vern', policy: 'adaptive', isListed: false })
  const runs = simulator.runs()
  for (const { id, createdAt } of simulator.truth()) {
    const at = new Date(createdAt)
    const status = 'ready'
    const known = { companyId: null, createdByUserId: null, createdAt, attributes: {}, via: 'get' as const }
    const seen = {
      migrationId: id,
      status,
      phase: phaseOf(VERN_STATUS_MAP, status),
      ...known,
      requestedAt: at,
      receivedAt: at,
    }
    const deps = { random: Math.random, newEventId: () => `evt_${id}` }
    await inTransaction(db, (tx) => recordObservations(deps, tx, { ...account, provider }, [seen]))
    await recordRun(db, { account: 'vern', migration_id: id }, runs.get(id) ?? '')
  }
}
