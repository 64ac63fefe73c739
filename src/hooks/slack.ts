import type { OutgoingEvent } from '../domain/outgoing-event.ts'
import type { Sender } from './hook.ts'
import { createHttpAttempts, type HttpOptions } from './http-attempt.ts'
import { type PhaseCounts, slackMessage } from './slack-message.ts'

export interface SlackTarget {
  /** Of an incoming webhook; whoever knows it may write. */
  readonly url: string
  /** Where a message leads, with `{account}` and `{migration_id}` in it; null for Landfall's own page. */
  readonly link: string | null
}

export interface SlackOptions extends HttpOptions {
  /** Like a target's `link`. */
  readonly defaultLink: string
  readonly countPhases: (account: string) => Promise<PhaseCounts>
}

export function createSlackSender(options: SlackOptions): Sender<SlackTarget> {
  const http = createHttpAttempts(options)
  return {
    send: async ({ url, link }, event, signal) => {
      signal.throwIfAborted()
      const message = slackMessage(event, await countFor(event), fillLink(link ?? options.defaultLink, event))
      const headers = { 'content-type': 'application/json' }
      return http.post({ url, headers, body: JSON.stringify(message), secrets: secretsOf(url) }, signal)
    },
    close: http.close,
  }

  async function countFor({ data }: OutgoingEvent): Promise<PhaseCounts | null> {
    const { account } = data
    if (typeof account !== 'string') return null
    // A message without counts is better than none.
    return options.countPhases(account).catch(() => null)
  }
}

function fillLink(link: string, { data }: OutgoingEvent): string {
  const part = (key: string) => encodeURIComponent(String(data[key] ?? ''))
  return link.replaceAll('{account}', part('account')).replaceAll('{migration_id}', part('migration_id'))
}

/** The path is the secret. */
function secretsOf(url: string): string[] {
  const path = URL.parse(url)?.pathname ?? ''
  return [path, ...path.split('/')]
}
