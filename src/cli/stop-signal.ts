import { constants } from 'node:os'

export interface StopSignal {
  /** Aborted by the first SIGINT or SIGTERM, whose name is the reason. */
  readonly signal: AbortSignal
  /** Resolves then. */
  readonly requested: Promise<void>
  /** Leaves the signals to themselves again. */
  release(): void
}

/**
 * One Ctrl-C under `npm run` arrives twice: from the terminal and from npm. So what follows within this time is the
 * same one.
 */
const ECHO_MS = 500
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** From now on the first signal asks to stop, and a second one ends the process at once. */
export function listenForStop(): StopSignal {
  const stopping = new AbortController()
  const requested = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve())
  })
  let firstAtMs = 0

  function onSignal(name: NodeJS.Signals): void {
    if (!stopping.signal.aborted) {
      firstAtMs = performance.now()
      stopping.abort(name)
    } else if (performance.now() - firstAtMs > ECHO_MS) {
      process.exit(exitCodeOf(name))
    }
  }

  for (const name of SIGNALS) process.on(name, onSignal)
  const release = () => {
    for (const name of SIGNALS) process.removeListener(name, onSignal)
  }
  return { signal: stopping.signal, requested, release }
}

/** What a shell shows for a process that this signal ended. */
export function exitCodeOf(name: NodeJS.Signals): number {
  return 128 + constants.signals[name]
}

/** Should anything keep the process alive that nobody waits for. */
export function endSoon(): void {
  setTimeout(() => process.exit(), 1_000).unref()
}
