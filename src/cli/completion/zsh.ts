import { listTaking, type Place, type Values } from './tree.ts'

const COMPLETE: Readonly<Record<Exclude<Values['kind'], 'words'>, string>> = {
  accounts: '_landfall_names accounts',
  hooks: '_landfall_names hooks',
  files: '_files',
  free: ':',
}

export function renderZsh(places: readonly Place[]): string {
  const flags = listTaking(places)
  const cases = (some: typeof flags) =>
    some.map(({ path, flag, values }) => `    '${path} ${flag}') ${offer(values)}; return ;;`).join('\n')
  const paths = places.flatMap(({ path }) => (path === '' ? [] : [path]))
  return `#compdef landfall
# Completion of landfall for zsh: source <(landfall completion zsh), or this as _landfall in a folder of $fpath
_landfall_names() { compadd -- \${(f)"$($words[1] completion --names $1 2>/dev/null)"} }
_landfall() {
  local at='' flag='' word
  local -a items
  for word in $words[2,CURRENT-1]; do
    case $at/$word in
      ${paths.join('|')}) at=$at/$word ;;
      */-*) flag=$word ;;
    esac
  done
  case "$at $words[CURRENT-1]" in
${cases(flags)}
  esac
  if [[ $words[CURRENT] != -* ]]; then
    case "$at $flag" in
${cases(flags.filter(({ isVariadic }) => isVariadic))}
    esac
  fi
  case $at:$words[CURRENT] in
${places.map(renderPlace).join('\n')}
  esac
}
if [[ $funcstack[1] == _landfall ]]; then _landfall "$@"; else compdef _landfall landfall; fi`
}

function renderPlace({ path, commands, flags, argument }: Place): string {
  const help = { flag: '--help', description: 'display help for command' }
  const described = [...flags, help].map(({ flag, description }) => ({ name: flag, description }))
  const others = commands.length > 0 ? describe('command', commands) : offer(argument)
  return `    ${path}:-*) ${describe('option', described)} ;;\n    ${path}:*) ${others} ;;`
}

function describe(what: string, items: Place['commands']): string {
  const quoted = items.map(({ name, description }) => quote(`${name}:${description}`))
  return `items=(${quoted.join(' ')}); _describe ${what} items`
}

function offer(values: Values): string {
  return values.kind === 'words' ? `compadd -- ${values.words.join(' ')}` : COMPLETE[values.kind]
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
