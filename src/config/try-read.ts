export type Read =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly code: string; readonly reason: string }

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'this user may not read',
  EPERM: 'this user may not read',
  EISDIR: 'is a folder; expected a file',
}

/** The reason goes on after the file's name. */
export function tryRead(read: () => string): Read {
  try {
    return { kind: 'text', text: read() }
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : 'unknown'
    return { kind: 'unreadable', code, reason: REASONS[code] ?? `cannot be read (${code})` }
  }
}
