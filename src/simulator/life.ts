/** At which second a migration gets which status. */
export type Change = readonly [atS: number, status: string]

/**
 * What happens to one migration, in seconds from the start. It is NOT_STARTED until its first change; changes are in
 * the order of time.
 */
export interface Life {
  /** Missing: made from the seed. */
  readonly id?: string
  /** Missing: made from the seed. */
  readonly companyId?: string | null
  readonly createdS: number
  readonly changes: readonly Change[]
  /** From here on it is gone; missing: it stays. */
  readonly deletedS?: number
}

/** A life with nothing left open. */
export interface FullLife extends Life {
  readonly id: string
  readonly companyId: string | null
  readonly userId: string
}
