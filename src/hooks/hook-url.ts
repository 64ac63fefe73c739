/** A hook's URL, or what is wrong with it, in words that do not repeat it: it may hold a token. */
export type ParsedHookUrl =
  | { readonly kind: 'ok'; readonly url: URL }
  | { readonly kind: 'invalid'; readonly reason: string }

/** Checks the form only. Where the name leads is checked on each attempt, as it may change. */
export function parseHookUrl(text: string): ParsedHookUrl {
  const url = URL.parse(text)
  if (url === null) return invalid("a hook's URL must be absolute, as in https://example.com/hook")
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return invalid("a hook's URL must start with https:// or http://")
  }
  if (url.username !== '' || url.password !== '') {
    return invalid("a hook's URL must hold no user name or password; the signature tells who calls")
  }
  return { kind: 'ok', url }
}

function invalid(reason: string): ParsedHookUrl {
  return { kind: 'invalid', reason }
}
