import { type Command, Option } from 'commander'

import { JSON_FLAG, moment } from '../options.ts'
import type { ReportOptions } from '../report/options.ts'
import type { Shell } from '../shell.ts'

const EXAMPLES = `
What had ended before an account's first sweep is left out. A bound is the time between the two readings around a change.

Examples:
  $ landfall report
  $ landfall report --since 2026-03-01 --until 2026-04-01 --by company
  $ landfall report --since 30d --csv > march.csv`

export function addReport(program: Command, shell: Shell): void {
  program
    .command('report')
    .description('tell what landed in a period, and how')
    .option('--since <time>', 'from this day or time, or so long ago (7d)', moment)
    .option('--until <time>', 'up to this time (now)', moment)
    .option('--account <name>', 'only of this account')
    .addOption(
      new Option('--by <what>', 'a row for each of these').choices(['day', 'company']).default('day'),
    )
    .addOption(new Option('--csv', 'print the rows as CSV').conflicts('json'))
    .option(...JSON_FLAG)
    .addHelpText('after', EXAMPLES)
    .action(async (options: ReportOptions) => {
      const { report } = await import('../report/report.ts')
      await report(shell, options)
    })
}
