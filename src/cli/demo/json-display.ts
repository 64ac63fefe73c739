import type { ChangeRow } from '../../store/changes.ts'
import type { Shell } from '../shell.ts'
import type { Display } from './display.ts'
import type { Kind, Standing, Tally } from './tally.ts'

export function createJsonDisplay(shell: Shell): Display {
  const change = (kind: Kind, { in_baseline: _, ...row }: ChangeRow) => shell.printJson({ kind, ...row })
  return {
    started: ({ provider, daemon, webhooks, dir, logFile, dataDir }) => {
      const urls = { provider_url: provider, daemon_url: daemon, webhook_url: webhooks }
      shell.printJson({ kind: 'started', ...urls, data_dir: dataDir, files: dir, log_file: logFile })
    },
    foundEnded: (changes) => {
      for (const one of changes) change('found_ended', one)
    },
    change,
    webhook: ({ eventId, type, migrationId, companyId, isVerified, receivedAt }) => {
      const subject = { event_id: eventId, type, migration_id: migrationId, company_id: companyId }
      shell.printJson({ kind: 'webhook', ...subject, verified: isVerified, received_at: receivedAt })
    },
    summary: (tally, standing) => shell.printJson({ kind: 'summary', ...countsOf(tally, standing) }),
    stopping: () => {},
    stopped: (tally, standing, ranMs) =>
      shell.printJson({ kind: 'stopped', ...countsOf(tally, standing), seconds: ranMs / 1000 }),
  }
}

function countsOf({ found, changed, landed, verified, unverified, slowestMs }: Tally, standing: Standing) {
  return {
    found,
    changed,
    landed,
    live: Object.fromEntries(standing.live),
    webhooks_verified: verified,
    webhooks_unverified: unverified,
    requests: standing.requests,
    requests_allowed: standing.allowed,
    slowest_bound_seconds: slowestMs === null ? null : slowestMs / 1000,
  }
}
