import { stripVTControlCharacters } from 'node:util'

import type { TransitionRow } from '../../store/views/history.ts'
import { PHASE_STYLE } from '../phase-style.ts'
import type { Shell } from '../shell.ts'
import { clean, cutMiddle, padEnd, widthOf } from '../text.ts'
import { boundOf, clockOf } from '../times.ts'

/** `PENDING_USER_INPUT → COMPLETE`: what most pairs of statuses need. */
const STATUSES = 36
/** Time, statuses and bound, and the gaps between them. */
const REST = 8 + 2 + 2 + STATUSES + 2 + 17
const LEAST_ID = 9
/** A UUID. */
const USUAL_ID = 36

/**
 * When, which migration, from and to which status, and within what time that was noticed: all of it where the width is
 * endless, else what fits.
 */
export function renderChange(paint: Shell['paint'], width: number, change: TransitionRow): string {
  const isEndless = width === Number.POSITIVE_INFINITY
  const account = isEndless ? change.account : cutMiddle(change.account, 12)
  const idWidth = Math.max(LEAST_ID, width - REST - account.length - 1)
  const id = padEnd(cutMiddle(clean(change.migration_id), idWidth), Math.min(idWidth, USUAL_ID))
  const start = `${paint('dim', clockOf(change.not_after))}  ${account}/${id}`

  const to = paint(PHASE_STYLE[change.to_phase], clean(change.to_status))
  const both = `${clean(change.from_status ?? 'first seen')} → ${to}`
  const bound = change.not_before === null ? '' : `within ${boundOf(change)}`
  const wordings = [`${start}  ${padTo(both, STATUSES)}  ${bound}`, `${start}  ${both}`, `${start}  ${to}`]
  const lines = wordings.map((line) => line.trimEnd())
  return lines.find((line) => widthOf(plain(line)) <= width) ?? lines.at(-1) ?? ''
}

const plain = stripVTControlCharacters
const padTo = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - widthOf(plain(text))))
