import type { z } from 'zod'

/** Where and what; zod's words name what was expected, and never repeat a text that was sent. */
export function describeIssues({ issues }: z.ZodError, whole = 'the body'): string {
  return issues
    .map(({ path, message }) => `${path.length === 0 ? whole : path.join('.')}: ${message}`)
    .join('; ')
}
