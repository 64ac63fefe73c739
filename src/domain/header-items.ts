/** One member of a list in a header: a name or number, and its parameters. */
export interface HeaderItem {
  readonly head: string
  readonly parameters: ReadonlyMap<string, string>
}

/** More than any server means to say. */
const LONGEST_TEXT = 2_000
const COMMA_PARTS = /(?:"(?:\\.|[^"\\])*"|[^,"])+/g
const SEMICOLON_PARTS = /(?:"(?:\\.|[^"\\])*"|[^;"])+/g

/** Reads a list of structured fields (RFC 9651) with an open mind: what is not understood is left out, never refused. */
export function parseHeaderItems(text: string): HeaderItem[] {
  return partsOf(text.slice(0, LONGEST_TEXT), COMMA_PARTS).flatMap((member) => {
    const [head, ...rest] = partsOf(member, SEMICOLON_PARTS)
    return head === undefined ? [] : [{ head: unquoted(head), parameters: parametersOf(rest) }]
  })
}

function parametersOf(parts: readonly string[]): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const part of parts) {
    const [, name, value] = /^([^=]+?)\s*=\s*(.*)$/s.exec(part) ?? []
    if (name !== undefined && value !== undefined) parameters.set(name.toLowerCase(), unquoted(value))
  }
  return parameters
}

function partsOf(text: string, form: RegExp): string[] {
  return (text.match(form) ?? []).map((part) => part.trim()).filter((part) => part !== '')
}

function unquoted(text: string): string {
  return /^"(.*)"$/s.exec(text)?.[1] ?? text
}
