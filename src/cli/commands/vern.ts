import { Argument, type Command } from 'commander'

import { RUN_KINDS, type RunKind } from '../../domain/run-kind.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell } from '../shell.ts'
import type { AnswerOptions, ExportOptions, ListOptions, RunOptions } from '../vern/actions.ts'

const EXAMPLES = `
Requests go to Vern at once, within the account's budget. What they change the daemon sees, and tells.

Examples:
  $ landfall create --external-id pine-01 --name "Pine Ltd" --template contacts deals
  $ landfall vern upload "$ID" contacts.csv
  $ landfall vern run "$ID" generate --wait
  $ landfall vern answer "$ID" --to q1="Day first"
  $ landfall vern run "$ID" execute --wait && landfall vern export "$ID" contacts`

/** What each of them does is loaded once it is called. */
export function addVern(program: Command, shell: Shell): void {
  const vern = program
    .command('vern')
    .description('files, runs, answers, previews and exports of migrations at Vern')
    .addHelpText('after', EXAMPLES)
  const addFor = (name: string, description: string) =>
    vern
      .command(name)
      .description(description)
      .argument('<[account/]id>', 'the migration')
      .option(...JSON_FLAG)
  const load = () => import('../vern/actions.ts')

  for (const what of ['sources', 'templates'] as const) {
    vern
      .command(what)
      .description(`list the ${what} of the account`)
      .option('--account <name>', 'which account, where there are several')
      .option(...JSON_FLAG)
      .action(async (options: ListOptions) => (await load()).list(shell, what, options))
  }
  addFor('upload', 'upload files')
    .argument('<file...>', 'what to upload')
    .action(async (id: string, files: string[], options: CommonOptions) =>
      (await load()).upload(shell, id, files, options),
    )
  addFor('run', 'start a run, or find the one under way')
    .addArgument(new Argument('<kind>', 'what it does').choices(RUN_KINDS))
    .option('--message <text>', 'what to change (update), or to ask (clarify)')
    .option('--wait', 'tell each status, until somebody has to act or it has ended')
    .action(async (id: string, kind: RunKind, options: RunOptions) =>
      (await load()).run(shell, id, kind, options),
    )
  addFor('answer', 'answer what a run asks')
    .argument('[text]', 'the answer, where it is one')
    .option('--to <question=answer...>', 'answers to questions by their ids')
    .action(async (id: string, text: string | undefined, options: AnswerOptions) =>
      (await load()).answer(shell, id, text, options),
    )
  addFor('credentials', 'give a run the credentials that it asks for')
    .argument('<file>', 'a JSON object of them, in a file')
    .action(async (id: string, file: string, options: CommonOptions) =>
      (await load()).giveCredentials(shell, id, file, options),
    )
  addFor('preview', 'show the first rows of what would be imported').action(
    async (id: string, options: CommonOptions) => (await load()).preview(shell, id, options),
  )
  addFor('export', 'write a sheet to a file, as CSV')
    .argument('<template>', 'the slug of the sheet')
    .option('--output <file>', 'where to (TEMPLATE.csv)')
    .action(async (id: string, slug: string, options: ExportOptions) =>
      (await load()).exportCsv(shell, id, slug, options),
    )
  addFor('cancel', 'cancel the run').action(async (id: string, options: CommonOptions) =>
    (await load()).cancel(shell, id, options),
  )
}
