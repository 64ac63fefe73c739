/** An account's key; a function where it may change while the process runs. */
export type ApiKey = string | (() => string)

export const keyOf = (key: ApiKey): string => (typeof key === 'string' ? key : key())
