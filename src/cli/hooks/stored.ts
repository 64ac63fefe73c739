import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import type { Config } from '../../config/config.ts'
import type { Refusal } from '../../domain/stored-hook.ts'
import { createVault } from '../../runtime/vault.ts'
import {
  addStoredHook,
  alterStoredHook,
  dropStoredHook,
  rotateStoredHook,
  type StoredHooksDeps,
} from '../../work/stored-hooks.ts'
import { EXIT, Failure } from '../exit.ts'
import { type OpenStore, withStore } from '../open-store.ts'
import type { CommonOptions } from '../options.ts'
import type { Shell } from '../shell.ts'
import type { AddOptions, AlterOptions, RotateOptions } from './options.ts'

export async function add(shell: Shell, name: string, options: AddOptions): Promise<void> {
  const { url, urlFile, json, ...settings } = options
  if ((url === undefined) === (urlFile === undefined)) {
    throw new Failure(EXIT.usage, 'Say where the hook leads: either --url or --url-file.')
  }
  const address = url ?? (await readUrl(shell, urlFile ?? ''))
  await withStore(shell, async (store) => {
    const made = accepted(await addStoredHook(depsOf(store), { name, url: address, ...settings }))
    if (json) return shell.printJson({ name, secret: made.secret, public_key: made.public_key })
    if (made.secret !== null) shell.print(made.secret)
    shell.note(`Hook ${name} is there, and running daemons send to it from now on.${describe(made)}`)
  })
}

export async function alter(shell: Shell, name: string, options: AlterOptions): Promise<void> {
  const { url, urlFile, json, ...settings } = options
  if (url !== undefined && urlFile !== undefined) {
    throw new Failure(EXIT.usage, 'Say where the hook leads once: either --url or --url-file.')
  }
  const address = urlFile === undefined ? url : await readUrl(shell, urlFile)
  const change = { ...settings, ...(address !== undefined && { url: address }) }
  if (Object.keys(change).length === 0) {
    throw new Failure(EXIT.usage, 'Say what to alter: --url, --url-file, --events, --format or --link.')
  }
  await withStore(shell, async (store) => {
    accepted(await alterStoredHook(depsOf(store), name, change))
    if (json) return shell.printJson({ name, altered: Object.keys(change) })
    shell.print(`Hook ${name} is altered, and running daemons send accordingly from now on.`)
  })
}

export async function remove(shell: Shell, name: string, { json }: CommonOptions): Promise<void> {
  await withStore(shell, async (store) => {
    accepted(await dropStoredHook(depsOf(store), name))
    if (json) return shell.printJson({ name, removed: true })
    shell.print(`Hook ${name} is removed. What it had not got is given up.`)
  })
}

/** As `rotate` for a hook of the configuration, but nothing is left to do here. */
export async function rotateStored(
  shell: Shell,
  name: string,
  { overlap, json }: RotateOptions,
): Promise<void> {
  await withStore(shell, async (store) => {
    const asked = overlap === undefined ? {} : { overlap }
    const made = accepted(await rotateStoredHook(depsOf(store), name, asked))
    if (json) return shell.printJson({ name, secret: made.secret, public_key: made.public_key })
    if (made.secret !== null) shell.print(made.secret)
    shell.note(
      `Hook ${name} is signed for with both secrets for ${overlap ?? '24h'}, then with this one.${describe(made)}`,
    )
  })
}

export function vaultOf({ secretKey }: Config) {
  return secretKey === null ? null : createVault(secretKey)
}

/** The exit code says whose turn it is. */
export function failureOf({ why, message }: Refusal): Failure {
  const exitCode = {
    invalid: EXIT.usage,
    no_key: EXIT.configuration,
    missing: EXIT.failure,
    conflict: EXIT.failure,
  }
  return new Failure(exitCode[why], `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`)
}

function accepted<T>(outcome: T | Refusal): Exclude<T, Refusal> {
  if (typeof outcome === 'object' && outcome !== null && 'why' in outcome) throw failureOf(outcome as Refusal)
  return outcome as Exclude<T, Refusal>
}

function depsOf({ db, config }: OpenStore): StoredHooksDeps {
  const configured = new Set(config.hooks.map((hook) => hook.name))
  return { db, vault: vaultOf(config), configured, allowPrivate: config.allowPrivateHooks }
}

function describe({
  secret,
  public_key: publicKey,
}: {
  secret: string | null
  public_key: string | null
}): string {
  if (secret === null) return ''
  const receiver =
    publicKey === null ? 'Give its receiver the secret' : `Give its receiver the key ${publicKey}`
  return `\nThe secret is shown only now. ${receiver}.`
}

async function readUrl({ cwd }: Shell, file: string): Promise<string> {
  try {
    return (await readFile(resolve(cwd, file), 'utf8')).trim()
  } catch (err) {
    throw new Failure(EXIT.usage, `--url-file names ${file}, which cannot be read.`, err)
  }
}
