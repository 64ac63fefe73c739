/** One request to the API, whatever became of it. */
export interface LoggedRequest {
  /** When it arrived, on the simulator's clock. */
  readonly at: number
  /** 'other' is a path or method that the API does not have. */
  readonly kind: 'list' | 'get' | 'write' | 'other'
  /** The migration's, where the path has one. */
  readonly id?: string
  /** What was asked for, where a kind has several. */
  readonly name?: string
  /** With 'list', where a number was given. */
  readonly page?: number
  /** 0: no status line has gone out. */
  statusCode: number
  /** What befell it, as `kind` or `kind.variant`. */
  fault?: string
}

/** Everything since the start, also what the list has forgotten. */
export interface RequestCounts {
  readonly kinds: Readonly<Record<string, number>>
  readonly statusCodes: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
}

export interface RequestLog {
  /** On arrival. */
  record(request: LoggedRequest): void
  /** Once it is known what became of it. */
  settle(request: LoggedRequest, statusCode: number, fault: string | null): void
  list(): readonly LoggedRequest[]
  counts(): RequestCounts
}

export function createRequestLog(capacity: number): RequestLog {
  const requests: LoggedRequest[] = []
  const counts = { kinds: {}, statusCodes: {}, faults: {} }

  function record(request: LoggedRequest): void {
    requests.push(request)
    // Dropping one at a time would move the whole array at each request.
    if (requests.length >= 2 * capacity) requests.splice(0, requests.length - capacity)
    count(counts.kinds, request.kind)
  }

  function settle(request: LoggedRequest, statusCode: number, fault: string | null): void {
    request.statusCode = statusCode
    count(counts.statusCodes, String(statusCode))
    if (fault === null) return
    request.fault = fault
    count(counts.faults, fault)
  }

  return { record, settle, list: () => requests.slice(-capacity), counts: () => structuredClone(counts) }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}
