import { posix } from 'node:path'

import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Problem } from '../../src/config/problem.ts'

const CWD = '/srv/landfall'
export const KEY = 'anon_k3y-of-the-account'
export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
export const WEBHOOK = {
  LANDFALL_WEBHOOK_URL: 'https://hooks.example.test/in/x?t=1',
  LANDFALL_WEBHOOK_SECRET: WEBHOOK_SECRET,
}

export type Env = Record<string, string>
/** Contents by path; an Error is thrown. Relative paths lie in CWD. */
export type Files = Record<string, string | Error>

export function load(env: Env = {}, files: Files = {}) {
  const contents = new Map(Object.entries(files).map(([path, text]) => [posix.resolve(CWD, path), text]))
  return loadConfig({
    env,
    cwd: CWD,
    readFile: (path) => {
      const found = contents.get(path) ?? failure('ENOENT')
      if (found instanceof Error) throw found
      return found
    },
  })
}

export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: something the message must not need`), { code })
}

/** The configuration, or a failed test that shows the problems. */
export function loaded(env: Env = {}, files: Files = {}): Config {
  const result = load(env, files)
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems, null, 2))
  return result.config
}

export function problemsOf(env: Env = {}, files: Files = {}): readonly Problem[] {
  const result = load(env, files)
  return result.kind === 'invalid' ? result.problems : []
}

/** As one text each: what the user reads. */
export function complaints(env: Env = {}, files: Files = {}): string[] {
  return problemsOf(env, files).map(({ where, message }) => `${where} ${message}`)
}

export const yaml = (text: string): Files => ({ 'landfall.yaml': text })
