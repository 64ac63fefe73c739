export interface Cut {
  readonly signal: AbortSignal
  /** Why the request was cut, if it was. */
  reason(): string | null
  /** A deadline in place of the one before. */
  after(ms: number, what: string): void
  done(): void
}

/** Ends a request on the caller's wish or at a deadline, and leaves nothing on the caller's long-lived signal. */
export function createCut(caller: AbortSignal): Cut {
  const controller = new AbortController()
  let reason: string | null = null
  let timer: NodeJS.Timeout | undefined
  const end = (why: string) => {
    reason ??= why
    controller.abort()
  }
  const stop = () => end('stopped')
  caller.addEventListener('abort', stop, { once: true })
  if (caller.aborted) stop()
  return {
    signal: controller.signal,
    reason: () => reason,
    after: (ms, what) => {
      clearTimeout(timer)
      timer = setTimeout(() => end(`${what} within ${secondsText(ms)}`), ms)
    },
    done: () => {
      clearTimeout(timer)
      caller.removeEventListener('abort', stop)
    },
  }
}

export function secondsText(ms: number): string {
  return `${ms / 1000} s`
}
