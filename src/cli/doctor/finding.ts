/** What one check came to. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warn' | 'problem'
  readonly message: string
  /** What to do; null where nothing needs doing. */
  readonly advice: string | null
}

export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message, advice: null }
}

export function warn(check: string, message: string, advice: string): Finding {
  return { check, state: 'warn', message, advice }
}

export function problem(check: string, message: string, advice: string): Finding {
  return { check, state: 'problem', message, advice }
}
