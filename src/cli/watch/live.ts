import { persistently, rings } from '../follow.ts'
import type { OpenStore } from '../open-store.ts'
import type { Screen } from '../screen.ts'
import type { Shell } from '../shell.ts'
import { endSoon, type StopSignal } from '../stop-signal.ts'
import type { WatchFilter } from './filter.ts'
import { type Health, loadHealth, loadStanding, type Standing } from './load-view.ts'
import { renderView } from './render-view.ts'

/** Health changes slowly, and costs more to ask for. */
const HEALTH_EVERY_MS = 2_000
/** More rows than any terminal shows. */
const MOST_ROWS = 200
const AWAY = 'The database is away; waiting for it'

/** What one redraw needs. */
interface View {
  readonly standing: Standing
  readonly health: Health
}

/** A view of the whole terminal, until q, Ctrl-C or a signal. False where the terminal cannot show one. */
export async function watchLive(
  shell: Shell,
  { db, databaseUrl, log }: OpenStore,
  filter: WatchFilter,
  stop: StopSignal,
): Promise<boolean> {
  const quit = new AbortController()
  const signal = AbortSignal.any([stop.signal, quit.signal, shell.unread])
  let view: View | null = null
  let trouble = ''
  const redraw = () => {
    if (view !== null && screen !== null) draw(shell, screen, view, trouble)
  }
  const screen: Screen | null = shell.openScreen({
    // In this mode Ctrl-C and Ctrl-D are keys like others.
    onKey: (key) => 'qQ\u0003\u0004'.includes(key) && quit.abort(),
    onResize: redraw,
  })
  if (screen === null) return false
  // At once, also where the database gives no answer.
  signal.addEventListener('abort', () => {
    screen.close()
    endSoon()
  })

  const onOutage = (isAway: boolean) => {
    trouble = isAway ? AWAY : ''
    redraw()
  }
  let healthAtMs = Number.NEGATIVE_INFINITY
  async function load(): Promise<View> {
    const standing = await loadStanding(db, filter, Math.min(MOST_ROWS, screen?.size().height ?? 0))
    if (view !== null && performance.now() - healthAtMs < HEALTH_EVERY_MS) return { ...view, standing }
    const health = await loadHealth(db, filter)
    healthAtMs = performance.now()
    return { standing, health }
  }

  try {
    for await (const _ of rings({ databaseUrl, log, signal })) {
      view = (await persistently({ signal, onOutage }, load)) ?? view
      if (!signal.aborted) redraw()
    }
  } finally {
    screen.close()
  }
  return true
}

function draw(shell: Shell, screen: Screen, { standing, health }: View, trouble: string): void {
  screen.draw(renderView(standing, health, { ...screen.size(), paint: shell.paint, trouble }))
}
