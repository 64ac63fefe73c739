import { RUN_KINDS } from '../../domain/run-kind.ts'
import type { Question } from '../listener.ts'
import { jsonReply, type Reply } from '../wire.ts'
import { type Moment, objectOf } from './moment.ts'
import { API_PREFIX } from './route.ts'
import { type Run, stepAt } from './run.ts'
import { QUESTION, runBody, vernError } from './wire.ts'
import { ownStatus, type VernMigration } from './world.ts'

const IN_FLIGHT = ['queued', 'running', 'blocked']

export function startReply(
  migration: VernMigration,
  body: unknown,
  { url }: Question,
  { world, settings, atMs }: Moment,
): Reply {
  const { kind, message } = objectOf(body)
  const known = RUN_KINDS.find((one) => one === kind)
  if (known === undefined) return vernError(400, 'kind must be one of generate, update, clarify, execute')
  if ((known === 'update' || known === 'clarify') && (typeof message !== 'string' || message === ''))
    return vernError(400, `message is required for ${known}`)
  const last = migration.runs.at(-1)
  if (last !== undefined && IN_FLIGHT.includes(stepAt(last, atMs).status))
    return vernError(409, 'A run is already in progress for this migration.', { run_id: last.id })
  const status = ownStatus(migration, atMs)
  if (known === 'generate' && status === 'awaiting_files') return vernError(400, 'There is no data source')
  if (known !== 'generate' && status !== 'awaiting_approval' && status !== 'completed')
    return vernError(409, 'There is no preview to go on from')
  const active = world.activeRuns(atMs)
  if (settings.runsAtOnce !== null && active.length >= settings.runsAtOnce) {
    const runs = active.map(({ run, status: shown }) => {
      return { id: `run_${run.id.slice(0, 8)}`, status: shown, updatedAt: null, runKind: run.kind }
    })
    return vernError(429, 'Too many runs at once', {
      code: 'run_concurrency_limit',
      limit: settings.runsAtOnce,
      runs,
    })
  }
  const run = world.startRun(migration, known, atMs)
  const path = `${API_PREFIX}/migrations/${migration.id}/runs/${run.id}`
  const poll_url = settings.relativePollUrl ? path : `${url.origin}${path}`
  return jsonReply({ run_id: run.id, status: stepAt(run, atMs).status, poll_url }, 201)
}

export function answerReply(run: Run, body: unknown, { world, atMs }: Moment): Reply {
  const { answers } = objectOf(body)
  const given = answersIn(answers)
  if (given === null) return vernError(400, 'answers is required')
  const step = stepAt(run, atMs)
  if (step.status !== 'blocked' || step.block !== 'question')
    return vernError(409, 'This run does not wait for answers')
  world.resume(run, given, atMs)
  return jsonReply({ run_id: run.id, status: 'running' })
}

function answersIn(answers: unknown): Record<string, string> | null {
  if (typeof answers === 'string' && answers !== '') return { [QUESTION.id]: answers }
  if (!Array.isArray(answers) || answers.length === 0) return null
  const pairs = answers.map((one: unknown) => [objectOf(one)['id'], objectOf(one)['value']])
  const areTexts = pairs.every((pair) => pair.every((part) => typeof part === 'string'))
  return areTexts ? (Object.fromEntries(pairs) as Record<string, string>) : null
}

export function credentialsReply(run: Run, body: unknown, { world, atMs }: Moment): Reply {
  const { credentials } = objectOf(body)
  if (Object.keys(objectOf(credentials)).length === 0) return vernError(400, 'credentials is required')
  const step = stepAt(run, atMs)
  if (step.status !== 'blocked' || step.block !== 'credentials')
    return vernError(409, 'This run does not wait for credentials')
  world.resume(run, null, atMs)
  return jsonReply({ run_id: run.id, status: 'running' })
}

export function cancelReply(run: Run, body: unknown, { world, settings, atMs, epochMs }: Moment): Reply {
  if (objectOf(body)['status'] !== 'cancel_requested' || Object.keys(objectOf(body)).length !== 1)
    return vernError(400, 'The body must be {"status":"cancel_requested"}')
  const isOpen = [...IN_FLIGHT, 'awaiting_approval'].includes(stepAt(run, atMs).status)
  if (isOpen) world.cancel(run, atMs)
  return jsonReply(runBody(run, atMs, epochMs, settings))
}
