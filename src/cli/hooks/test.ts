import type { Config } from '../../config/config.ts'
import type { AttemptOutcome } from '../../domain/delivery-policy.ts'
import { createSenders } from '../../hooks/senders.ts'
import { createJobQueue } from '../../queue/create-queue.ts'
import { type Tested, testHook } from '../../work/test-hook.ts'
import { EXIT } from '../exit.ts'
import { type OpenStore, withStore } from '../open-store.ts'
import type { CommonOptions } from '../options.ts'
import { readConfig } from '../read-config.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'
import { findTarget } from './find.ts'

export async function test(shell: Shell, name: string, { json }: CommonOptions): Promise<void> {
  const config = await readConfig(shell)
  const hook = await findTarget(shell, config, name)
  shell.status(`Sending to hook ${name} …`)
  const { eventId, outcome } =
    hook.kind === 'queue'
      ? await withStore(shell, (store) => sendToQueue(store, hook))
      : await send(config, hook, () => Promise.reject(new Error('no queue')))

  if (outcome.kind !== 'accepted') shell.setExitCode(EXIT.failure)
  if (json) return shell.printJson({ name, event_id: eventId, ...outcome })
  const text = clean(describe(outcome))
  if (outcome.kind === 'accepted') shell.print(`Hook ${name} accepted ${eventId} (${text}).`)
  else shell.note(`Hook ${name} did not accept ${eventId}: ${text}`)
}

type Target = Awaited<ReturnType<typeof findTarget>>
type AddJob = Parameters<typeof createSenders>[0]['addJob']

async function send(config: Config, hook: Target, addJob: AddJob): Promise<Tested> {
  const senders = createSenders({
    allowPrivate: config.allowPrivateHooks,
    defaultLink: `http://${config.host}:${config.port}/`,
    countPhases: async () => ({}),
    addJob,
  })
  try {
    return await testHook(senders.open(hook))
  } finally {
    await senders.close()
  }
}

async function sendToQueue({ config, databaseUrl, log }: OpenStore, hook: Target): Promise<Tested> {
  const queue = createJobQueue({ redisUrl: config.redisUrl, databaseUrl, handlers: {}, log })
  await queue.start()
  try {
    return await send(config, hook, (name, job) => queue.addOutwardJob(name, job))
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
