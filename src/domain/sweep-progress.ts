import type { Walk } from './walk.ts'

/** Share of its pages that a sweep has read, by where the one before found the end. */
export function sweepProgress(
  { page, direction, seeking }: Pick<Walk, 'page' | 'direction' | 'seeking'>,
  lastPage: number,
): number {
  if (seeking) return 0
  const pages = Math.max(page, lastPage) + 1
  return direction === 'down' ? page / pages : 1 - (page + 1) / pages
}
