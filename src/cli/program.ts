import { Command } from 'commander'

import { VERSION } from '../runtime/version.ts'
import { addAccounts } from './commands/accounts.ts'
import { addCompletion } from './commands/completion.ts'
import { addCreate } from './commands/create.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEvents } from './commands/events.ts'
import { addExplain } from './commands/explain.ts'
import { addHooks } from './commands/hooks.ts'
import { addList } from './commands/list.ts'
import { addMigrate } from './commands/migrate.ts'
import { addPlan } from './commands/plan.ts'
import { addPoll } from './commands/poll.ts'
import { addReplay } from './commands/replay.ts'
import { addReport } from './commands/report.ts'
import { addShow } from './commands/show.ts'
import { addSimulate } from './commands/simulate.ts'
import { addTokens } from './commands/tokens.ts'
import { addTrack } from './commands/track.ts'
import { addUp } from './commands/up.ts'
import { addVern } from './commands/vern.ts'
import { addWait } from './commands/wait.ts'
import { addWatch } from './commands/watch.ts'
import type { Shell } from './shell.ts'

const AFTER = `
Commands that look at migrations find the database through DATABASE_URL, or a daemon that runs in this folder.

Examples:
  $ landfall demo                          see it at work, with nothing configured
  $ ANON_API_KEY_FILE=key.txt landfall up  track the migrations of an account
  $ landfall list --live                   what has not ended yet
  $ landfall wait "$ID" && ./next-step     go on once a migration has succeeded

Exit codes: 0 done, 1 failure, 64 usage, 69 a service is unreachable, 78 configuration; those of wait: landfall wait --help`

/** Every command with its options; what a command does is loaded once it is called. */
export function createProgram(shell: Shell): Command {
  const program = new Command('landfall')
    .description("Tracks long-running data migrations in someone else's API until they land.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.print(text.replace(/\n$/, '')),
      writeErr: (text) => shell.note(text.replace(/\n$/, '')),
      outputError: (text, write) => write(text.replace(/^error: /, 'landfall: ')),
    })
    .showHelpAfterError('landfall --help shows what there is.')
    .addHelpText('after', AFTER)
  program.commandsGroup('Run:')
  addUp(program, shell)
  addDemo(program, shell)
  addSimulate(program, shell)
  program.commandsGroup('Look:')
  addList(program, shell)
  addShow(program, shell)
  addWatch(program, shell)
  addWait(program, shell)
  addEvents(program, shell)
  addReport(program, shell)
  program.commandsGroup('Make:')
  addCreate(program, shell)
  addVern(program, shell)
  program.commandsGroup('Keep going:')
  addTrack(program, shell)
  addPoll(program, shell)
  addExplain(program, shell)
  addPlan(program, shell)
  addAccounts(program, shell)
  addHooks(program, shell)
  addReplay(program, shell)
  addTokens(program, shell)
  addDoctor(program, shell)
  addMigrate(program, shell)
  addCompletion(program, shell)
  return program
}
