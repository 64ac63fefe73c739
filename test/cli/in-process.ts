import { runCli } from '../../src/cli/run.ts'
import type { Shell } from '../../src/cli/shell.ts'
import { escapeJson } from '../../src/cli/text.ts'
import type { Ended, Setting } from './cli.ts'

/**
 * The command line within this process, which is much quicker than a process of its own: for what commands print and
 * exit with. `width`: as at a terminal that wide.
 */
export async function runHere(
  args: readonly string[],
  { cwd, env = {}, width = Number.POSITIVE_INFINITY }: Setting & { readonly width?: number },
): Promise<Ended> {
  const out = { stdout: '', stderr: '' }
  let exitCode = 0
  const print = (text: string) => {
    out.stdout += `${text}\n`
  }
  const shell: Shell = {
    env,
    cwd,
    isDebugging: env['LOG_LEVEL'] === 'debug',
    stdoutIsTerminal: width < Number.POSITIVE_INFINITY,
    stderrIsTerminal: false,
    width: () => width,
    print,
    printJson: (value) => print(escapeJson(value)),
    note: (text) => {
      out.stderr += `${text}\n`
    },
    status: () => {},
    openScreen: () => null,
    paint: (_, text) => text,
    unread: new AbortController().signal,
    setExitCode: (code) => {
      exitCode = code
    },
  }
  await runCli(args, shell)
  return { exitCode, ...out }
}
