import { z } from 'zod'

import { EVENT_TYPES, TERMINAL_EVENT_TYPES } from '../domain/event-type.ts'
import { parseHookUrl } from '../hooks/hook-url.ts'

const url = z.string().transform((text, context) => {
  const parsed = parseHookUrl(text)
  if (parsed.kind === 'ok') return parsed.url.href
  context.issues.push({ code: 'custom', input: undefined, message: parsed.reason })
  return z.NEVER
})
const events = z.array(z.enum(EVENT_TYPES)).min(1)
const format = z.enum(['cloudevents', 'standard'])
const link = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
    error: 'expected an http or https URL, with {account} and {migration_id} where those belong',
  })
  .nullable()
const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
  error: 'expected a name of a-z, 0-9, - and _ that begins with a letter or digit, at most 63 long',
})

const webhook = z.strictObject({
  name,
  kind: z.literal('webhook'),
  url,
  events: events.default([...TERMINAL_EVENT_TYPES]),
  format: format.default('cloudevents'),
  /** Which secret is made: a key for both sides, or an ed25519 pair. */
  signing: z.enum(['shared', 'pair']).default('shared'),
})

const slack = z.strictObject({
  name,
  kind: z.literal('slack'),
  url,
  events: events.default([...TERMINAL_EVENT_TYPES]),
  link: link.default(null),
})

const anyKind = z.discriminatedUnion('kind', [webhook, slack], {
  error: ({ code }) =>
    code === 'invalid_union'
      ? 'expected webhook or slack; hooks of other kinds reach into the machine, and stand in its configuration'
      : undefined,
})

/** What `POST /api/v1/hooks` takes. */
export const newHookSchema = z.preprocess(
  (raw) => (typeof raw === 'object' && raw !== null && !('kind' in raw) ? { ...raw, kind: 'webhook' } : raw),
  anyKind,
)

/** What `PATCH /api/v1/hooks/{name}` takes: what is left out stays. */
export const changeSchemas = {
  webhook: z.strictObject({ url, events, format }).partial(),
  slack: z.strictObject({ url, events, link }).partial(),
}

export const rotationSchema = z.strictObject({
  overlap: z.string().default('24h'),
})
