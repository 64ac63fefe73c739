import { type ChangeRow, loadChangeCursor } from '../../store/changes.ts'
import { followChanges } from '../follow.ts'
import type { OpenStore } from '../open-store.ts'
import type { Shell } from '../shell.ts'
import type { StopSignal } from '../stop-signal.ts'
import { renderChange } from './change-line.ts'
import { concerns, type WatchFilter } from './filter.ts'

/** One line per transition, until a signal or until nobody reads. */
export async function watchLines(
  shell: Shell,
  { db, databaseUrl, log }: OpenStore,
  filter: WatchFilter,
  stop: StopSignal,
  isJson: boolean,
): Promise<void> {
  const signal = AbortSignal.any([stop.signal, shell.unread])
  const onOutage = (isAway: boolean) =>
    shell.note(isAway ? 'The database is away; waiting for it.' : 'The database is back.')
  const since = await loadChangeCursor(db)
  shell.note('Waiting for transitions; Ctrl-C ends it.')
  for await (const changes of followChanges({ db, databaseUrl, log, signal, onOutage }, since)) {
    for (const change of changes.filter((one) => concerns(filter, one))) {
      if (isJson) shell.printJson(withoutHelpers(change))
      else shell.print(renderChange(shell.paint, shell.width(), change))
    }
  }
}

/** As `reporting.transitions` has it, and the company. */
function withoutHelpers({ created_at: _, in_baseline: __, ...change }: ChangeRow) {
  return change
}
