/** An API of long-running jobs in words: where its things are. Places in JSON are names with dots between. */
export interface ApiDescription {
  /** The list's path below the base URL; missing where there is none. */
  readonly list?: string | undefined
  /** The path of one job, with `{id}` in it. */
  readonly get: string
  readonly keyHeader: string
  /** The word before the key, such as Bearer; null for none. */
  readonly keyScheme: string | null
  /** Names of the query's page number and page size; without, only the first page is read, of the provider's size. */
  readonly pageParameter: string | null
  readonly pageSizeParameter: string | null
  /** Where a list's answer has its array; null where it is the answer. */
  readonly items: string | null
  /** Where the answer to a `get` has the job; null where it is the answer. */
  readonly item: string | null
  readonly id: string
  readonly status: string
  readonly created: string | null
  readonly company: string | null
}
