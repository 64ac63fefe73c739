import type { Command } from 'commander'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../store/db.ts'
import type { Finding } from '../doctor/finding.ts'
import { EXIT } from '../exit.ts'
import { type CommonOptions, JSON_FLAG } from '../options.ts'
import type { Shell, Style } from '../shell.ts'
import { clean } from '../text.ts'

interface DoctorOptions extends CommonOptions {
  readonly online?: true
}

const EXAMPLES = `
Exit codes: 0 nothing is wrong (warnings aside), 1 something is

Examples:
  $ landfall doctor
  $ landfall doctor --online --json | jq '.[] | select(.state != "ok")'`

export function addDoctor(program: Command, shell: Shell): void {
  program
    .command('doctor')
    .description('check the configuration, the services and the state of the work')
    .option('--online', 'also ask each provider for one row, within the budget')
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action((options: DoctorOptions) => doctor(shell, options))
}

async function doctor(shell: Shell, { online, json }: DoctorOptions): Promise<void> {
  shell.status(online ? 'Looking, and asking the providers …' : 'Looking …')
  const findings = await examine(shell, online === true)
  if (json) shell.printJson(findings)
  else for (const finding of findings) tell(shell, finding)
  const problems = findings.filter(({ state }) => state === 'problem').length
  if (problems === 0) return
  shell.setExitCode(EXIT.failure)
  if (!json) shell.note(problems === 1 ? 'There is a problem.' : `There are ${problems} problems.`)
}

async function examine(shell: Shell, isOnline: boolean): Promise<Finding[]> {
  const { tryReadConfig } = await import('../read-config.ts')
  const { checkConfig, checkNode, checkQueue } = await import('../doctor/check-setup.ts')
  const loaded = await tryReadConfig(shell)
  const findings = [checkNode(process.versions.node), ...checkConfig(loaded)]
  if (loaded.kind === 'invalid') return findings
  return [
    ...findings,
    ...(await checkQueue(loaded.config)),
    ...(await checkStored(shell, loaded.config, isOnline)),
  ]
}

/** Everything that needs the database; where it is away, providers can be asked all the same. */
async function checkStored(shell: Shell, config: Config, isOnline: boolean): Promise<Finding[]> {
  const { withStore } = await import('../open-store.ts')
  const { checkDatabase } = await import('../doctor/check-database.ts')
  try {
    return await withStore(shell, async ({ db }) => [
      ...(await checkDatabase(db, config)),
      ...(isOnline ? await askProviders(config, db) : []),
    ])
  } catch (err) {
    const { describeFailure } = await import('../describe-failure.ts')
    const { problem } = await import('../doctor/finding.ts')
    const failed = problem(
      'database',
      describeFailure(err).message,
      'Nothing else can be looked at without it.',
    )
    return [failed, ...(isOnline ? await askProviders(config, null) : [])]
  }
}

async function askProviders(config: Config, db: Db | null): Promise<Finding[]> {
  const { checkOnline } = await import('../doctor/check-online.ts')
  return Promise.all(config.accounts.map((account) => checkOnline(account, db)))
}

const STYLE: Readonly<Record<Finding['state'], Style>> = { ok: 'green', warn: 'yellow', problem: 'red' }

function tell(shell: Shell, { check, state, message, advice }: Finding): void {
  shell.print(`${shell.paint(STYLE[state], state.padEnd(7))}  ${check}: ${clean(message)}`)
  if (advice !== null) shell.print(`         ${shell.paint('dim', advice)}`)
}
