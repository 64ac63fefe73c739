/**
 * How an account's next request is chosen: by what each would be worth, or by a timer for each migration, which doubles
 * from reading to reading or stays the same.
 */
export const POLICIES = ['adaptive', 'backoff', 'fixed'] as const
export type Policy = (typeof POLICIES)[number]
