const PHRASES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name lookup failed for now',
  ETIMEDOUT: 'connecting took too long',
  EHOSTUNREACH: 'no route',
  ENETUNREACH: 'no route',
  UND_ERR_CONNECT_TIMEOUT: 'connecting took too long',
  UND_ERR_SOCKET: 'connection closed before the answer was complete',
  UND_ERR_HEADERS_OVERFLOW: 'answer has too many headers',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'answer is not as long as it says',
}

const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|EPROTO|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED|HOSTNAME_MISMATCH)/

/**
 * Why there was no usable answer. Made of the error's code and the URL's host only: messages, paths and queries may
 * hold what must not be stored.
 */
export function describeTrouble(error: unknown, url: URL): string {
  const code = codeOf(error)
  return `${phraseOf(code)} (${code}), host ${url.host}`
}

function phraseOf(code: string): string {
  if (code.startsWith('HPE_') || code === 'HTTPParserError') return 'broken HTTP answer'
  return PHRASES[code] ?? (TLS.test(code) ? 'TLS failed' : 'connection failed')
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
