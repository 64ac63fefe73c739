import type { Argument, Command, Option } from 'commander'

/** What may stand in one place of a command line. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Names that only the database knows. */
  | { readonly kind: 'accounts' | 'hooks' }
  | { readonly kind: 'files' }
  /** Nobody can guess it. */
  | { readonly kind: 'free' }

interface Flag {
  readonly flag: string
  readonly description: string
  /** Null where it takes none. */
  readonly values: Values | null
  readonly isVariadic: boolean
}

/** A command, as far as completion is about it. */
export interface Place {
  /** `/hooks/list`; empty for landfall itself. */
  readonly path: string
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly flags: readonly Flag[]
  /** What may stand behind the command. */
  readonly argument: Values
}

/** Every command in the tree, each behind the one that it belongs to. */
export function listPlaces(command: Command, path = ''): Place[] {
  const commands = command.commands.filter((one) => one.name() !== 'help')
  const place: Place = {
    path,
    commands: commands.map((one) => ({ name: one.name(), description: one.description() })),
    flags: command.options.filter((option) => !option.hidden && option.long !== undefined).map(toFlag),
    argument: argumentOf(path, command.registeredArguments[0]),
  }
  return [place, ...commands.flatMap((one) => listPlaces(one, `${path}/${one.name()}`))]
}

/** Every flag with a value, and where it may stand. */
export function listTaking(places: readonly Place[]) {
  return places.flatMap(({ path, flags }) =>
    flags.flatMap(({ flag, values, isVariadic }) =>
      values === null ? [] : [{ path, flag, values, isVariadic }],
    ),
  )
}

function toFlag(option: Option): Flag {
  const takesNone = !option.required && !option.optional
  return {
    flag: option.long ?? '',
    description: option.description,
    values: takesNone ? null : valuesOf(option),
    isVariadic: option.variadic,
  }
}

function valuesOf(option: Option): Values {
  if (option.argChoices !== undefined) return { kind: 'words', words: option.argChoices }
  if (option.long === '--account') return { kind: 'accounts' }
  if (option.long === '--hook') return { kind: 'hooks' }
  return { kind: /<(path|file)>/.test(option.flags) ? 'files' : 'free' }
}

/** Commands that are about one hook or account stand below `hooks` and `accounts`. */
function argumentOf(path: string, argument: Argument | undefined): Values {
  if (argument === undefined) return { kind: 'free' }
  if (argument.argChoices !== undefined) return { kind: 'words', words: argument.argChoices }
  if (argument.name() === 'account') return { kind: 'accounts' }
  const [, family] = path.split('/')
  const isAboutNew = path === '/hooks/add'
  return { kind: (family === 'hooks' || family === 'accounts') && !isAboutNew ? family : 'free' }
}
