import { z } from 'zod'

import { EVENT_TYPES, TERMINAL_EVENT_TYPES } from '../domain/event-type.ts'
import { webhookUrl } from './address.ts'
import type { HookConfig } from './config.ts'
import { formOf } from './form.ts'
import { webhookSecrets } from './secrets.ts'
import { commandLine, duration, linkTemplate, name, oneOf, queueName, wordList } from './values.ts'
import { isMapping } from './yaml-file.ts'

const events = () => wordList(EVENT_TYPES).default(TERMINAL_EVENT_TYPES)
const format = () => oneOf(['cloudevents', 'standard']).default('cloudevents')

const KINDS = {
  webhook: z.object({
    name: name(),
    kind: z.literal('webhook'),
    url: webhookUrl(),
    secret: webhookSecrets(),
    events: events(),
    format: format(),
  }),
  slack: z.object({
    name: name(),
    kind: z.literal('slack'),
    url: webhookUrl(),
    events: events(),
    link: linkTemplate().optional(),
  }),
  command: z.object({
    name: name(),
    kind: z.literal('command'),
    command: commandLine(),
    // A claim ends after 25 s.
    timeout: duration('100ms', '20s').default(15_000),
    events: events(),
    format: format(),
  }),
  queue: z.object({
    name: name(),
    kind: z.literal('queue'),
    queue: queueName(),
    events: events(),
    format: format(),
  }),
  jsonl: z.object({
    name: name(),
    kind: z.literal('jsonl'),
    path: z.string(),
    events: events(),
    format: format(),
  }),
}

export const HOOK_KINDS = Object.keys(KINDS)

const anyKind = z.discriminatedUnion(
  'kind',
  [KINDS.webhook, KINDS.slack, KINDS.command, KINDS.queue, KINDS.jsonl],
  {
    error: ({ code, input }) => {
      if (code !== 'invalid_union' || !isMapping(input)) return undefined
      return `is ${formOf(input['kind'], false)}; expected one of ${HOOK_KINDS.join(', ')}`
    },
  },
)

const withKind = (raw: unknown) =>
  isMapping(raw) && raw['kind'] === undefined ? { ...raw, kind: 'webhook' } : raw

export const hook = z.preprocess(withKind, anyKind).transform(toHook)

/** The keys of a hook of this kind, or of any where there is no such kind. */
export function keysOfKind(kind: unknown): string[] {
  const shapes = Object.entries(KINDS).filter(([one]) => one === (kind ?? 'webhook'))
  const known = shapes.length > 0 ? shapes : Object.entries(KINDS)
  return [...new Set(known.flatMap(([, { shape }]) => Object.keys(shape)))]
}

function toHook(raw: z.output<typeof anyKind>): HookConfig {
  switch (raw.kind) {
    case 'webhook': {
      const { secret: secrets, ...plain } = raw
      return { ...plain, secrets }
    }
    case 'slack': {
      const { link = null, ...plain } = raw
      return { ...plain, link }
    }
    case 'command': {
      const { timeout: timeoutMs, ...plain } = raw
      return { ...plain, timeoutMs }
    }
    case 'queue':
    case 'jsonl':
      return raw
    default:
      return raw satisfies never
  }
}
