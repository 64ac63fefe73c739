import { listTaking, type Place, type Values } from './tree.ts'

const COMPLETE: Readonly<Record<Exclude<Values['kind'], 'words'>, string>> = {
  accounts: '_landfall_names accounts',
  hooks: '_landfall_names hooks',
  files: '_landfall_files',
  free: ':',
}

/** A program for bash 3.2 or newer. */
export function renderBash(places: readonly Place[]): string {
  const flags = listTaking(places)
  const cases = (some: typeof flags) =>
    some.map(({ path, flag, values }) => `    '${path} ${flag}') ${offer(values)}; return ;;`).join('\n')
  return `# Completion of landfall for bash: source <(landfall completion bash)
_landfall_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_landfall_files() { COMPREPLY=($(compgen -f -- "$cur")); }
_landfall_names() { _landfall_words "$("\${COMP_WORDS[0]}" completion --names "$1" 2>/dev/null)"; }
_landfall() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at='' flag='' word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case $at/$word in
      ${paths(places).join('|')}) at=$at/$word ;;
      */-*) flag=$word ;;
    esac
  done
  case "$at $prev" in
${cases(flags)}
  esac
  if [[ $cur != -* ]]; then
    case "$at $flag" in
${cases(flags.filter(({ isVariadic }) => isVariadic))}
    esac
  fi
  case $at:$cur in
${places.map(renderPlace).join('\n')}
  esac
}
complete -F _landfall landfall`
}

const paths = (places: readonly Place[]) => places.flatMap(({ path }) => (path === '' ? [] : [path]))

function renderPlace({ path, commands, flags, argument }: Place): string {
  const words = [...commands.map(({ name }) => name), ...flags.map(({ flag }) => flag), '--help']
  const dashed = `    ${path}:-*) _landfall_words '${words.filter((word) => word.startsWith('-')).join(' ')}' ;;`
  const others =
    commands.length > 0
      ? offer({ kind: 'words', words: words.filter((word) => !word.startsWith('-')) })
      : offer(argument)
  return `${dashed}\n    ${path}:*) ${others} ;;`
}

function offer(values: Values): string {
  return values.kind === 'words' ? `_landfall_words '${values.words.join(' ')}'` : COMPLETE[values.kind]
}
