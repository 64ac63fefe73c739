import { Webhook, WebhookVerificationError } from 'standardwebhooks'

import { parseHint } from '../domain/hint.ts'
import { inTransaction } from '../store/db.ts'
import { noteHinted, payForHint, recordHint } from '../store/hints.ts'
import { ringPlanner } from '../store/planners.ts'
import { requestLook } from '../store/walks.ts'
import { type Account, hasList } from './account.ts'
import type { Deps } from './deps.ts'

/** A webhook as it came: the signature is over these very bytes. */
export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/**
 * - `noted`: the migration is read soon
 * - `known`: what it says is known
 * - `looked`: of a migration that is not known; the list is looked at
 * - `ignored`: about nothing that can be read
 * - `repeated`: it came before
 */
export type Hinted =
  | { readonly kind: 'forged'; readonly reason: string }
  | { readonly kind: 'noted' | 'known' | 'looked' | 'ignored' | 'repeated' }

/** Svix signs like Standard Webhooks, under names of its own. */
const NAMES = ['id', 'timestamp', 'signature'] as const

/** Takes a provider's webhook for what it is: a reason to look, as long as it is signed, young and new. */
export async function takeHint(
  deps: Pick<Deps, 'db' | 'log' | 'meter'>,
  account: Account,
  secrets: readonly string[],
  received: Received,
): Promise<Hinted> {
  const headers = Object.fromEntries(NAMES.map((name) => [`webhook-${name}`, headerOf(received, name)]))
  const forged = forgedBecause(secrets, headers, received.body)
  if (forged !== null) {
    deps.log.warn({ account: account.name, reason: forged }, 'hint.refused')
    deps.meter.hintTaken(account.name, 'forged')
    return { kind: 'forged', reason: forged }
  }
  const hint = parseHint(received.body.toString('utf8'))
  const kind = await inTransaction(deps.db, async (tx): Promise<Exclude<Hinted['kind'], 'forged'>> => {
    if (!(await recordHint(tx, account.name, { id: headers['webhook-id'] ?? '', type: hint.type })))
      return 'repeated'
    const { migrationId, status } = hint
    if (migrationId === null) return 'ignored'
    const noted = await noteHinted(tx, account.name, { migrationId, status })
    if (noted !== null) return noted
    return hasList(account) && (await payForHint(tx, account.name, account.rate)) ? 'looked' : 'ignored'
  })
  if (kind === 'looked') await requestLook(deps.db, account.name)
  // The next tick may be a second away.
  if (kind === 'noted') await ringPlanner(deps.db, account.name)
  deps.meter.hintTaken(account.name, kind)
  deps.log.info(
    { account: account.name, migrationId: hint.migrationId, type: hint.type, outcome: kind },
    'hint.taken',
  )
  return { kind }
}

function headerOf({ headers }: Received, name: (typeof NAMES)[number]): string {
  const value = headers[`svix-${name}`] ?? headers[`webhook-${name}`]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

/** While a secret rotates there are two; either will do. */
function forgedBecause(
  secrets: readonly string[],
  headers: Record<string, string>,
  body: Buffer,
): string | null {
  let reason = 'there is no secret'
  for (const secret of secrets) {
    try {
      new Webhook(secret).verify(body, headers, { jsonParse: false })
      return null
    } catch (err) {
      if (!(err instanceof WebhookVerificationError)) throw err
      reason = err.message
    }
  }
  return reason
}
