import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/** Where and what; zod's words name what was expected, and never repeat a text that was sent. */
export function describeIssues(
  { issues }: { readonly issues: readonly Issue[] },
  whole = 'the body',
): string {
  return issues
    .flatMap(closest)
    .map(({ path, message }) => `${path.length === 0 ? whole : path.join('.')}: ${message}`)
    .join('; ')
}

/** Where several forms are allowed and none fits: what is wrong with the one that is the nearest. */
function closest(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const [nearest] = issue.errors.toSorted((a, b) => a.length - b.length)
  if (nearest === undefined) return [issue]
  return nearest.flatMap((one) => closest({ ...one, path: [...issue.path, ...one.path] }))
}
