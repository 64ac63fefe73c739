import { isTerminal } from '../phase.ts'
import { WAIT_POINTS } from './grid.ts'
import type { Knowledge } from './knowledge.ts'
import { PENDING } from './survival.ts'
import { isFarFromNew } from './sweep-pace.ts'
import type { Answer, NoAnswer, Row } from './types.ts'
import { classOf } from './urgency.ts'
import { CLAIM_S } from './valuation.ts'

const NEWBORN = classOf(PENDING, 0)
/** Clocks, theirs and ours, may differ by so much. */
const CLOCKS_S = 5

/** Takes in what an answer showed. */
export function takeAnswer(known: Knowledge, answer: Answer): void {
  if (answer.kind === 'list') takeList(known, answer)
  else if (answer.row === null) known.set.forget(answer.id)
  else takeRow(known, answer.row, answer.atMs / 1000)
}

/** A request brought nothing: what it was to show is left alone until then. */
export function takeMiss(
  { set, values, looks, expected }: Knowledge,
  { request, waitMs, rowsWaitMs = waitMs }: NoAnswer,
  nowMs: number,
): void {
  const until = (nowMs + waitMs) / 1000
  const ids = request.kind === 'get' ? [request.id] : (expected.get(request.page) ?? [])
  for (const id of ids) {
    const slot = set.slotOf(id)
    if (slot !== undefined) set.columns.claimedAt[slot] = (nowMs + rowsWaitMs) / 1000 - CLAIM_S
  }
  if (request.kind === 'get') return
  values.miss(request.page, until)
  looks.miss(request.page, until)
}

function takeList(known: Knowledge, answer: Extract<Answer, { kind: 'list' }>): void {
  const { map, looks, pace } = known
  const now = answer.atMs / 1000
  const lookedAt = map.lookedAt()
  const first = Number.isNaN(lookedAt)
  checkPlaces(known, answer)
  const ended = answer.rows.filter((row) => isTerminal(row.phase))
  for (const row of answer.rows) if (!isTerminal(row.phase)) takeRow(known, row, now)
  const isFar = isFarFromNew(answer.page, map.freshEnd(), map.lookPage())
  const unknown = map.observe(answer.page, answer.rows, answer.hasMore, now)
  for (const row of unknown) addUnknown(known, row, lookedAt, now)
  // Only now, since rows that end leave the set, and their places told the map how far the list has moved.
  for (const row of ended) takeRow(known, row, now)
  pace.observe(answer.page, answer.rows, unknown, isFar)
  looks.observe(answer, unknown.length > answer.rows.length / 2, first)
}

function takeRow({ set, map, ledger, urgency, steadyFrom }: Knowledge, row: Row, now: number): void {
  const slot = set.slotOf(row.id)
  const coord = slot === undefined ? Number.NaN : (set.columns.coord[slot] ?? Number.NaN)
  const readAt = slot === undefined ? Number.NaN : (set.columns.readAt[slot] ?? Number.NaN)
  if (slot !== undefined && readAt >= steadyFrom) {
    const offset = (set.columns.klass[slot] ?? 0) * WAIT_POINTS
    ledger.addReading({ ended: urgency.ended, offset, wait: now - readAt }, isTerminal(row.phase))
  }
  const what = set.observe(row.id, row.phase, row.createdAtMs === null ? null : row.createdAtMs / 1000, now)
  if (what === 'ended') map.keep(row.id, coord)
}

/** A first sight tells how long migrations live, and of new ones that some may have ended before they were found. */
function addUnknown(known: Knowledge, row: Row, lookedAt: number, now: number): void {
  if (row.createdAtMs === null) return
  const created = row.createdAtMs / 1000
  if (known.baseline) known.survival.addSight(Math.max(0, now - created), !isTerminal(row.phase))
  if (created < lookedAt - CLOCKS_S || created < known.beganAt) return
  const read = { ended: known.urgency.ended, offset: NEWBORN * WAIT_POINTS, wait: now - created }
  known.ledger.addReading(read, isTerminal(row.phase))
}

/** A row that was not where the map says is believed less, and may be asked for on its own. */
function checkPlaces({ expected, values, set }: Knowledge, answer: Extract<Answer, { kind: 'list' }>): void {
  const shown = new Set(answer.rows.map((row) => row.id))
  for (const id of expected.get(answer.page) ?? []) {
    const found = shown.has(id)
    values.reliability += 0.01 * ((found ? 1 : 0) - values.reliability)
    const slot = set.slotOf(id)
    if (slot === undefined || found) continue
    set.columns.trust[slot] = (set.columns.trust[slot] ?? 0) / 2
    set.columns.claimedAt[slot] = Number.NEGATIVE_INFINITY
  }
  expected.delete(answer.page)
  values.answered(answer.page)
}
