/** The outcome of `work`, or a rejection after `ms`. The work itself goes on; what comes of it then is dropped. */
export async function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Whether `work` came to an end, good or bad, within `ms`. */
export async function endsWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => true,
  )
  return await within(ms, ended, 'work').catch(() => false)
}
