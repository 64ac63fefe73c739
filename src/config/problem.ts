/** Something in the configuration that must be changed before the daemon can start. */
export interface Problem {
  /** `LANDFALL_PORT`, or `accounts[0].page_size (landfall.yaml line 12)`. */
  readonly where: string
  /** What form the value has and what is accepted; goes on after `where`, and never holds a secret's value. */
  readonly message: string
}

export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  const lines = problems.map(({ where, message }) => `  ${where} ${message}`)
  return [`The configuration has ${count}:`, ...lines].join('\n')
}
