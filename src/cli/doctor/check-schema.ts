import type { Db } from '../../store/db.ts'
import { findFailingReports, findSchemaTroubles, type SchemaTrouble } from '../../store/schema-objects.ts'
import { clean } from '../text.ts'
import { type Finding, ok, problem } from './finding.ts'

const SHOWN = 10

const ADVICE: Readonly<Record<SchemaTrouble['trouble'], string>> = {
  missing:
    'A restore went on over errors, or someone dropped it. Stop the daemon, and restore the dump into an empty database with psql -1 -v ON_ERROR_STOP=1, which stops at the first error.',
  altered:
    'Someone replaced it, or a restore went on over errors. Put back what the SQL files in migrations-sql make, or restore a dump from before.',
  disabled:
    'A restore of rows alone may leave this. ALTER TABLE … ENABLE TRIGGER ALL, REINDEX INDEX … or ALTER TABLE … VALIDATE CONSTRAINT … mends it; then select landfall.rebuild_rollups() counts anew.',
  failing: 'Grant the rights that the message names, or run Landfall as the owner of its schemas.',
}

/** Whether all that the schema changes made is still there, and works. */
export async function checkSchemaObjects(db: Db): Promise<Finding[]> {
  const troubles = [...(await findSchemaTroubles(db)), ...(await findFailingReports(db))]
  if (troubles.length === 0) return [ok('schema objects', 'all there, and in use')]
  return Object.entries(ADVICE).flatMap(([trouble, advice]) => {
    const found = troubles.filter((one) => one.trouble === trouble)
    return found.length === 0 ? [] : [problem('schema objects', `${trouble}: ${listObjects(found)}`, advice)]
  })
}

function listObjects(troubles: readonly SchemaTrouble[]): string {
  const shown = troubles
    .slice(0, SHOWN)
    .map(({ object, reason }) => (reason === null ? object : `${object} (${clean(reason)})`))
  const rest = troubles.length - shown.length
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ')
}
