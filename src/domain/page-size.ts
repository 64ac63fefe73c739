import type { Walk } from './walk.ts'

/** A few rows less may have been left out of a page for reasons of their own. */
const CLEARLY_LESS = 0.9
/** What providers give where no size is asked for. One that refuses even this means something else by it. */
const LEAST_PAGE_SIZE = 10

/**
 * The page size that a whole walk down showed: what the provider gives where it quietly gives less than it is asked for.
 * Null where it gives what is asked, and where one page held everything.
 */
export function honouredPageSize({ direction, lastPage, fullSize }: Walk, asked: number): number | null {
  const isShort = direction === 'down' && lastPage > 0 && fullSize < CLEARLY_LESS * asked
  return isShort && fullSize > 0 ? fullSize : null
}

/** The size to ask for after one was refused: half of it. Null where no smaller one is worth a try. */
export function smallerPageSize(refused: number): number | null {
  return refused <= LEAST_PAGE_SIZE ? null : Math.max(LEAST_PAGE_SIZE, Math.floor(refused / 2))
}
