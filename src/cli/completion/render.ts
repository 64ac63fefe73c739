import type { Command } from 'commander'

import { renderBash } from './bash.ts'
import { renderFish } from './fish.ts'
import { listPlaces } from './tree.ts'
import { renderZsh } from './zsh.ts'

const RENDER = { bash: renderBash, zsh: renderZsh, fish: renderFish } as const

export function renderCompletion(program: Command, shell: keyof typeof RENDER): string {
  return RENDER[shell](listPlaces(program))
}
