import { Argument, type Command, Option } from 'commander'

import { EXIT, Failure } from '../exit.ts'
import type { Shell } from '../shell.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

interface CompletionOptions {
  readonly names?: 'accounts' | 'hooks'
}

const EXAMPLES = `
Completes commands, options and their values; names of accounts and hooks are looked up in the database.

Examples:
  $ source <(landfall completion bash)        in ~/.bashrc
  $ source <(landfall completion zsh)         in ~/.zshrc, behind compinit
  $ landfall completion fish > ~/.config/fish/completions/landfall.fish`

export function addCompletion(program: Command, shell: Shell): void {
  program
    .command('completion')
    .description('print a program that completes commands in your shell')
    .addArgument(new Argument('[shell]', 'which one').choices(SHELLS))
    .addOption(new Option('--names <of>').choices(['accounts', 'hooks']).hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(async (which: (typeof SHELLS)[number] | undefined, { names }: CompletionOptions) => {
      if (names !== undefined) {
        const { printNames } = await import('../completion/names.ts')
        return printNames(shell, names)
      }
      if (which === undefined) throw new Failure(EXIT.usage, `Say for which shell: ${SHELLS.join(', ')}.`)
      const { renderCompletion } = await import('../completion/render.ts')
      shell.print(renderCompletion(program, which))
    })
}
