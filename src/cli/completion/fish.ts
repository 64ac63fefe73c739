import type { Place, Values } from './tree.ts'

const NAMES = { accounts: 'accounts', hooks: 'hooks' } as const

export function renderFish(places: readonly Place[]): string {
  const paths = places.flatMap(({ path }) => (path === '' ? [] : [path]))
  return `# Completion of landfall for fish: landfall completion fish | source
function __landfall_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        switch "$at/$word"
            case ${paths.join(' ')}
                set at "$at/$word"
        end
    end
    test "$at" = "$argv[1]"
end
complete -c landfall -f
${places.flatMap(renderPlace).join('\n')}`
}

function renderPlace({ path, commands, flags, argument }: Place): string[] {
  const here = `complete -c landfall -n ${quote(`__landfall_at '${path}'`)}`
  const named = commands.map(({ name, description }) => `${here} -a ${name} -d ${quote(description)}`)
  const offered = offer(argument)
  const behind = commands.length > 0 || offered === '' ? [] : [`${here}${offered}`]
  const dashed = flags.map(({ flag, description, values }) => {
    const takes = values === null ? '' : values.kind === 'files' ? ' -r -F' : ` -x${offer(values)}`
    return `${here} -l ${flag.slice(2)} -d ${quote(description)}${takes}`
  })
  return [...named, ...behind, ...dashed, `${here} -l help -d 'display help for command'`]
}

function offer(values: Values): string {
  if (values.kind === 'words') return ` -a ${quote(values.words.join(' '))}`
  if (values.kind === 'free' || values.kind === 'files') return ''
  return ` -a ${quote(`(landfall completion --names ${NAMES[values.kind]} 2>/dev/null)`)}`
}

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
