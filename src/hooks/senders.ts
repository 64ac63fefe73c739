import type { AttemptOutcome } from '../domain/delivery-policy.ts'
import type { OutgoingEvent } from '../domain/outgoing-event.ts'
import { type CommandTarget, createCommandSender } from './command.ts'
import { type AddJob, createJobSender, type JobTarget } from './job.ts'
import { createJsonlSender, type JsonlTarget } from './jsonl.ts'
import { createSlackSender, type SlackOptions, type SlackTarget } from './slack.ts'
import { createWebhookSender, type WebhookTarget } from './webhook.ts'

/** A destination of any kind. */
type HookTarget =
  | ({ readonly kind: 'webhook' } & WebhookTarget)
  | ({ readonly kind: 'slack' } & SlackTarget)
  | ({ readonly kind: 'command' } & CommandTarget)
  | ({ readonly kind: 'queue' } & JobTarget)
  | ({ readonly kind: 'jsonl' } & JsonlTarget)

export interface SendersOptions extends SlackOptions {
  readonly addJob: AddJob
}

export interface Senders {
  send(target: HookTarget, event: OutgoingEvent, signal: AbortSignal): Promise<AttemptOutcome>
  /** A hook, ready to be sent to. */
  open(target: HookTarget & { readonly name: string }): OpenHook
  close(): Promise<void>
}

interface OpenHook {
  readonly name: string
  readonly send: (event: OutgoingEvent, signal: AbortSignal) => Promise<AttemptOutcome>
}

/** All kinds of hook, ready to send. */
export function createSenders(options: SendersOptions): Senders {
  const webhook = createWebhookSender(options)
  const slack = createSlackSender(options)
  const command = createCommandSender()
  const job = createJobSender(options.addJob)
  const jsonl = createJsonlSender()

  async function send(
    target: HookTarget,
    event: OutgoingEvent,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    switch (target.kind) {
      case 'webhook':
        return webhook.send(target, event, signal)
      case 'slack':
        return slack.send(target, event, signal)
      case 'command':
        return command.send(target, event, signal)
      case 'queue':
        return job.send(target, event, signal)
      case 'jsonl':
        return jsonl.send(target, event, signal)
      default:
        return target satisfies never
    }
  }

  const open = (target: HookTarget & { readonly name: string }): OpenHook => {
    return { name: target.name, send: (event, signal) => send(target, event, signal) }
  }
  const all = [webhook, slack, command, job, jsonl]
  return { send, open, close: async () => void (await Promise.all(all.map((one) => one.close()))) }
}
