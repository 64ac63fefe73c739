import type { Config } from './config.ts'

/** Why `up` cannot start and what to do about it; null where there is an account. */
export function missingAccounts(config: Config): string | null {
  if (config.accounts.length > 0) return null
  return [
    'No account is configured, so there is nothing to track.',
    '',
    '  ANON_API_KEY=anon_…       the API key of your account (or ANON_API_KEY_FILE, a file with the key in it)',
    '  VERN_API_KEY=…            the same for an account at Vern',
    '  LANDFALL_CONFIG=FILE      a YAML file with several accounts (default landfall.yaml)',
    '',
    'To see Landfall at work without an account: npm run demo',
  ].join('\n')
}
