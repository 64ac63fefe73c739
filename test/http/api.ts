/** Calls the API of a process that serves. */
export function apiAt(base: string, headers: Record<string, string> = {}) {
  return async (method: string, path: string, body?: unknown) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: { ...json, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, text, json: text === '' ? null : JSON.parse(text) }
  }
}
