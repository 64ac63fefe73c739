/** An event as it leaves Landfall, the same values every time, whoever gets it and how. */
export interface OutgoingEvent {
  /** `evt_…`; what a receiver recognises a repeated delivery by. */
  readonly id: string
  readonly type: string
  /** The path of the account, or of the hook, that it comes from: `/accounts/acme`. */
  readonly source: string
  /** The migration's id; null for an event about the account or a hook itself. */
  readonly subject: string | null
  /** RFC 3339 in UTC. */
  readonly time: string
  /** Zero-padded, so that text order is the order of the migration's events. */
  readonly sequence: string
  readonly data: Readonly<Record<string, unknown>>
}

/** An event as it is stored. */
export interface ToldEvent {
  readonly id: string
  readonly type: string
  /** Null for an event about a hook. */
  readonly account: string | null
  readonly hook: string | null
  readonly migrationId: string | null
  readonly sequence: number
  readonly recordedAt: Date
  readonly payload: Readonly<Record<string, unknown>>
}

export function toOutgoing(told: ToldEvent): OutgoingEvent {
  return {
    id: told.id,
    type: told.type,
    source: told.account === null ? `/hooks/${told.hook}` : `/accounts/${told.account}`,
    subject: told.migrationId,
    time: told.recordedAt.toISOString(),
    sequence: String(told.sequence).padStart(10, '0'),
    data: told.payload,
  }
}

/** A CloudEvent 1.0 as JSON has it; the order of the keys is fixed here, so that its bytes are the same every time. */
export function toCloudEvent(event: OutgoingEvent) {
  return {
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    // CloudEvents knows no empty or null subject: what has none leaves it out.
    subject: event.subject ?? undefined,
    time: event.time,
    sequence: event.sequence,
    datacontenttype: 'application/json',
    data: event.data,
  }
}
