import { CommanderError } from 'commander'

import { EXIT } from './exit.ts'
import type { Shell } from './shell.ts'

/** Runs the command that the arguments name. Never rejects; the exit code goes to the shell. */
export async function runCli(args: readonly string[], shell: Shell): Promise<void> {
  try {
    const { createProgram } = await import('./program.ts')
    await createProgram(shell).parseAsync([...args], { from: 'user' })
    shell.status('')
  } catch (err) {
    shell.setExitCode(err instanceof CommanderError ? exitCodeOf(err) : await report(shell, err))
  }
}

/** Commander has written what there is to say. */
function exitCodeOf(err: CommanderError): number {
  const isAsked = err.code === 'commander.helpDisplayed' || err.code === 'commander.version'
  return isAsked || (err.code === 'commander.help' && err.exitCode === 0) ? EXIT.ok : EXIT.usage
}

async function report(shell: Shell, err: unknown): Promise<number> {
  const { describeFailure, stackOf } = await import('./describe-failure.ts')
  const { exitCode, message } = describeFailure(err)
  shell.note(message)
  if (shell.isDebugging) shell.note(stackOf(err))
  return exitCode
}
