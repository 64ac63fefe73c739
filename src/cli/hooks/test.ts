import { v7 as uuidv7 } from 'uuid'

import type { Config, HookConfig } from '../../config/config.ts'
import type { AttemptOutcome } from '../../domain/delivery-policy.ts'
import type { OutgoingEvent } from '../../domain/outgoing-event.ts'
import { createSenders } from '../../hooks/senders.ts'
import { createJobQueue } from '../../queue/create-queue.ts'
import { EXIT } from '../exit.ts'
import { type OpenStore, withStore } from '../open-store.ts'
import type { CommonOptions } from '../options.ts'
import { readConfig } from '../read-config.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'
import { requireConfigured } from './find.ts'

/** Sends one event at once, past the outbox: nothing is stored, and nothing is tried again. */
export async function test(shell: Shell, name: string, { json }: CommonOptions): Promise<void> {
  const config = await readConfig(shell)
  const hook = requireConfigured(config.hooks, name)
  const event = testEvent(name)
  const outcome =
    hook.kind === 'queue'
      ? await withStore(shell, (store) => sendToQueue(store, hook, event))
      : await send(config, hook, event, () => Promise.reject(new Error('no queue')))

  if (outcome.kind !== 'accepted') shell.setExitCode(EXIT.failure)
  if (json) return shell.printJson({ name, event_id: event.id, ...outcome })
  const text = clean(describe(outcome))
  if (outcome.kind === 'accepted') shell.print(`Hook ${name} accepted ${event.id} (${text}).`)
  else shell.note(`Hook ${name} did not accept ${event.id}: ${text}`)
}

function testEvent(hook: string): OutgoingEvent {
  return {
    id: `evt_${uuidv7().replaceAll('-', '')}`,
    type: 'hook.test',
    source: `/hooks/${hook}`,
    subject: null,
    time: new Date().toISOString(),
    sequence: '0'.repeat(10),
    data: { hook },
  }
}

type AddJob = Parameters<typeof createSenders>[0]['addJob']

async function send(
  config: Config,
  hook: HookConfig,
  event: OutgoingEvent,
  addJob: AddJob,
): Promise<AttemptOutcome> {
  const senders = createSenders({
    allowPrivate: config.allowPrivateHooks,
    defaultLink: `http://${config.host}:${config.port}/`,
    countPhases: async () => ({}),
    addJob,
  })
  try {
    return await senders.send(hook, event, new AbortController().signal)
  } finally {
    await senders.close()
  }
}

async function sendToQueue(
  { config, databaseUrl, log }: OpenStore,
  hook: HookConfig,
  event: OutgoingEvent,
): Promise<AttemptOutcome> {
  const queue = createJobQueue({ redisUrl: config.redisUrl, databaseUrl, handlers: {}, log })
  await queue.start()
  try {
    return await send(config, hook, event, (name, job) => queue.addOutwardJob(name, job))
  } finally {
    await queue.stop()
  }
}

function describe(outcome: AttemptOutcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return `${outcome.status === undefined ? '' : `${outcome.status}, `}${outcome.durationMs} ms`
    case 'refused':
      return `it answered ${outcome.status}${outcome.excerpt === '' ? '' : `: ${outcome.excerpt}`}`
    case 'unreachable':
    case 'failed':
    case 'refused_address':
      return outcome.reason
    default:
      return outcome satisfies never
  }
}
