/** Exit codes; part of the command line's contract. */
export const EXIT = {
  ok: 0,
  failure: 1,
  partial: 2,
  failed: 3,
  abandoned: 4,
  usage: 64,
  unreachable: 69,
  configuration: 78,
  timeout: 124,
} as const

/** Ends the command with a message for its user: what was wrong, where, and what to do. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: number

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.exitCode = exitCode
  }
}
