import type { ApiDescription } from '../domain/api-description.ts'
import type { EventType } from '../domain/event-type.ts'
import type { KeepMs } from '../domain/keep.ts'
import type { OverdueAfter } from '../domain/overdue.ts'
import type { StatusMap } from '../domain/phase.ts'
import type { Policy } from '../domain/policy.ts'

/** A text that appears in no log line, message or summary. */
export type Secret = string

/** What one process of the daemon does: choose requests, make them, call hooks, answer HTTP. */
export const ROLES = ['plan', 'poll', 'deliver', 'serve'] as const
type Role = (typeof ROLES)[number]

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type LogLevel = (typeof LOG_LEVELS)[number]

/** Everything the daemon can be told, checked and frozen. */
export interface Config {
  /** PostgreSQL 14 or newer; null for the embedded one. */
  readonly databaseUrl: Secret | null
  /** Leads past a transaction pooler, for what needs a session of its own; null where `databaseUrl` does. */
  readonly directDatabaseUrl: Secret | null
  /** BullMQ's backend; null where BullMQ stands on the same Postgres. */
  readonly redisUrl: Secret | null
  /** Absolute path of the embedded data; null for the default place. */
  readonly dataDir: string | null
  /** In no particular order, with distinct names; may be empty. */
  readonly accounts: readonly AccountConfig[]
  /** With distinct names; may be empty. */
  readonly hooks: readonly HookConfig[]
  /** Address that API, page and metrics listen on; default 127.0.0.1. */
  readonly host: string
  /** 0 to 65535, where 0 takes any free one; default 4600. */
  readonly port: number
  /** Where people reach the page, without a slash at the end; null where that is `host` and `port`. */
  readonly publicUrl: string | null
  /** What clients send as bearer token; null only where `host` is a loopback address. */
  readonly apiToken: Secret | null
  /** 32 bytes as base64, under which stored hooks are encrypted; null where none can be stored. */
  readonly secretKey: Secret | null
  /** Default all. */
  readonly roles: ReadonlySet<Role>
  /** Whether hooks may lie on private and loopback addresses; default false. */
  readonly allowPrivateHooks: boolean
  /** 1 hour to 100 years each; default 90 days for deliveries, 400 for usage. */
  readonly keepMs: KeepMs
  /** Default `info`. */
  readonly logLevel: LogLevel
}

/** One credential at one provider, with its own budget. */
export interface AccountConfig {
  readonly name: string
  readonly provider: 'anon' | 'vern' | 'generic'
  /** What a `generic` provider's API looks like. */
  readonly api?: ApiDescription | undefined
  readonly apiKey: Secret
  /** Absolute path of the file that the key came from, where it came from one. */
  readonly apiKeyFile?: string | undefined
  /** Without a slash at the end; default the provider's own address. */
  readonly baseUrl: string
  /** What the provider signs its webhooks with, newest first; without, none are taken. */
  readonly ingestSecrets?: readonly Secret[] | undefined
  /** The header that carries the key, where it is not the provider's own. */
  readonly keyHeader?: string | undefined
  /** The budget's refill rate, above 0 and up to 1000; the default depends on the provider. */
  readonly requestsPerSecond: number
  /** The budget's size in requests, 1 to 10000; default 10. */
  readonly burst: number
  /** Migrations asked for per list page, 1 to 1000; default 100. */
  readonly pageSize: number
  /** Time from the start of one sweep to the next, 10 s to 7 days; default 5 minutes. */
  readonly sweepEveryMs: number
  /** How requests are chosen: by what each is worth, or by a timer for each migration; default `adaptive`. */
  readonly policy: Policy
  /** Mean detection delay that is good enough, up to 1 hour; default 15 s; 0 spends the whole budget. */
  readonly lagGoalMs: number
  /** Whether migrations that had ended before the account was first swept get terminal events; default `silent`. */
  readonly baseline: 'silent' | 'emit'
  /** Statuses the provider has added, on top of the built-in ones; default none. */
  readonly statusMap: StatusMap
  /** How long a migration may stay in a live phase; in one that is absent, as long as is usual (see `OverdueAfter`). */
  readonly overdueAfter: OverdueAfter
}

/** A destination for events. */
export type HookConfig = WebhookConfig | SlackConfig | CommandConfig | QueueConfig | JsonlConfig

interface AnyHookConfig {
  readonly name: string
  /** Default the four terminal ones. */
  readonly events: readonly EventType[]
}

/** A signed HTTP request. */
export interface WebhookConfig extends AnyHookConfig {
  readonly kind: 'webhook'
  /** http or https, without user name or password. */
  readonly url: Secret
  /** `whsec_…` or `whsk_…`, newest first, never empty; several while a secret rotates. */
  readonly secrets: readonly Secret[]
  /** Shape of the body; default `cloudevents`. */
  readonly format: 'cloudevents' | 'standard'
}

/** A readable message to an incoming webhook of Slack. */
interface SlackConfig extends AnyHookConfig {
  readonly kind: 'slack'
  readonly url: Secret
  /** Where a message leads, with `{account}` and `{migration_id}` in it; null for Landfall's own page. */
  readonly link: string | null
}

/** A program that gets the event on its stdin. */
interface CommandConfig extends AnyHookConfig {
  readonly kind: 'command'
  /** The program and its arguments, never empty; no shell reads them. */
  readonly command: readonly string[]
  /** 100 ms to 20 s; default 15 s. */
  readonly timeoutMs: number
  readonly format: 'cloudevents' | 'standard'
}

/** A job on a BullMQ queue. */
interface QueueConfig extends AnyHookConfig {
  readonly kind: 'queue'
  readonly queue: string
  readonly format: 'cloudevents' | 'standard'
}

/** A line in a file. */
interface JsonlConfig extends AnyHookConfig {
  readonly kind: 'jsonl'
  /** Absolute. */
  readonly path: string
  readonly format: 'cloudevents' | 'standard'
}
