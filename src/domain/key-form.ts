/** Words that scripts and templates leave where a key should be. */
const STAND_INS = /^(undefined|null|none|nil|changeme|change-me|todo|\*{4,}|your[-_ ].*|<.*>|\[.*\])$/i

const FLAWS: readonly (readonly [RegExp, string])[] = [
  [/^(["'`]).*\1$/s, 'a text in quotes; leave them out'],
  [
    /\$\{[^}]*\}|\{\{.*\}\}|^\$\w+$|^\$\(.*\)$|^%\w+%$/s,
    'a reference to a variable that nothing has replaced',
  ],
  [/^(bearer|basic|token)\s/i, 'a text with its scheme (such as Bearer) in front; leave that out'],
  [/^(authorization|x-api-key)\s*:/i, 'a whole header; only the key belongs here'],
  [/^(export\s+)?[A-Z][A-Z0-9_]*_(KEY|TOKEN|SECRET)\s*=/, 'an assignment; only the value belongs here'],
  [/^\{.*\}$/s, 'JSON; only the key belongs here'],
  [STAND_INS, 'a stand-in for the real one'],
  [/[\r\n]/, 'a text of several lines'],
  [/[^\x21-\x7e]/, 'a text with spaces, line breaks or other than ASCII characters'],
]

/**
 * Why a text can never be a key, as it travels in a header; null where it may be one. Ends a sentence that begins with "is", and
 * tells nothing of the text itself.
 */
export function flawOfKey(text: string): string | null {
  return FLAWS.find(([pattern]) => pattern.test(text))?.[1] ?? null
}
