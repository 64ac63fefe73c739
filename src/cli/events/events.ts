import { listRecentEvents } from '../../store/views/history.ts'
import { type OpenStore, withStore } from '../open-store.ts'
import type { Shell } from '../shell.ts'
import { listenForStop } from '../stop-signal.ts'
import { findStart, followEvents, listBehind } from './feed.ts'
import type { EventsOptions } from './options.ts'
import { renderEventLine, renderEvents } from './render.ts'

export async function events(shell: Shell, options: EventsOptions): Promise<void> {
  await withStore(shell, (store) => (options.follow ? follow : list)(shell, store, options))
}

async function list(shell: Shell, { db }: OpenStore, options: EventsOptions): Promise<void> {
  const { types, account, since, after, limit, json } = namesOf(options)
  const filter = { types, account, since }
  const { rows, next } =
    after === undefined
      ? await listRecentEvents(db, { ...filter, limit })
      : await listBehind(db, after, filter, limit)
  if (json) shell.printJson(rows)
  else if (rows.length === 0) shell.note('No event fits.')
  else for (const line of renderEvents(shell, rows)) shell.print(line)
  if (next !== null) shell.note(`There are more than these ${limit}: --limit ${limit * 10} shows them.`)
}

async function follow(shell: Shell, store: OpenStore, options: EventsOptions): Promise<void> {
  const { types, account, since, after, json } = namesOf(options)
  const stop = listenForStop()
  try {
    const start = await findStart(store.db, { since, after })
    const signal = AbortSignal.any([stop.signal, shell.unread])
    shell.note('Waiting for events; Ctrl-C ends it.')
    for await (const event of followEvents(shell, store, {
      start,
      filter: { types, account, since },
      signal,
    })) {
      if (json) shell.printJson(event)
      else shell.print(renderEventLine(shell, event))
    }
  } finally {
    stop.release()
  }
}

const namesOf = ({ type: types, ...rest }: EventsOptions) => ({ types, ...rest })
