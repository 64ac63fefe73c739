import { readFileSync } from 'node:fs'

import type { Config } from '../config/config.ts'
import type { LoadedConfig } from '../config/load.ts'
import { EXIT, Failure } from './exit.ts'
import type { Shell } from './shell.ts'

/** The configuration; all its problems at once end the command. */
export async function readConfig(shell: Shell): Promise<Config> {
  const loaded = await tryReadConfig(shell)
  if (loaded.kind === 'ok') return loaded.config
  const { formatProblems } = await import('../config/problem.ts')
  throw new Failure(EXIT.configuration, formatProblems(loaded.problems))
}

export async function tryReadConfig({ env, cwd }: Shell): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig({ env, cwd, readFile: (path) => readFileSync(path, 'utf8') })
}
