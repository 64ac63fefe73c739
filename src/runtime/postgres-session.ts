/** What a session needs to be asked for, whatever its role or database has set for others. */
const DEFAULTS = [
  `set client_encoding to 'UTF8'`,
  `set datestyle to 'ISO, MDY'`,
  `set intervalstyle to 'postgres'`,
  `set timezone to 'UTC'`,
  `set bytea_output to 'hex'`,
  'set extra_float_digits to 1',
  'set standard_conforming_strings to on',
  `set default_transaction_isolation to 'read committed'`,
  'set default_transaction_read_only to off',
  'set lock_timeout to 0',
  'set idle_session_timeout to 0',
  // Unknown before PostgreSQL 17.
  `select set_config(name, '0', false) from pg_catalog.pg_settings where name = 'transaction_timeout'`,
]

export interface SessionLimits {
  /** What one statement may take; 0 for no limit. */
  readonly statementMs: number
  /** How long the session may sit idle inside a transaction before the server ends it; 0 for no limit. */
  readonly idleInTransactionMs: number
  /** Where names without a schema are looked for. */
  readonly searchPath: string
}

interface Session {
  query(text: string): Promise<unknown>
}

/**
 * Makes a fresh connection ours, with one round trip. Settings as startup parameters would save it, but poolers refuse
 * those. Throws where the server is a read-only standby: after a failover, another connection may lead to the primary.
 */
export async function prepareSession(session: Session, limits: SessionLimits): Promise<void> {
  const results = await session.query(
    [
      ...DEFAULTS,
      `set statement_timeout to ${limits.statementMs}`,
      `set idle_in_transaction_session_timeout to ${limits.idleInTransactionMs}`,
      `set search_path to ${limits.searchPath}`,
      'select pg_catalog.pg_is_in_recovery() as read_only',
    ].join('; '),
  )
  const last = [results].flat().at(-1) as { rows: { read_only: boolean }[] } | undefined
  if (last?.rows[0]?.read_only === true) {
    throw new Error('The database server is a read-only standby; DATABASE_URL must lead to the primary.')
  }
}

/**
 * What libpq and psql mean by the URL's `sslmode`; node-postgres by itself takes `require` and `prefer` for `verify-full`.
 * `no-verify`, which libpq lacks, stays what it is: TLS, whoever the server is.
 */
export function withLibpqMeaning(url: string): string {
  const parsed = URL.parse(url)
  const mode = parsed?.searchParams.get('sslmode') ?? null
  if (parsed === null || parsed.searchParams.has('uselibpqcompat')) return url
  // What libpq takes for the certificates that the system trusts, Node trusts anyway.
  if (parsed.searchParams.get('sslrootcert') === 'system') {
    parsed.searchParams.delete('sslrootcert')
    parsed.searchParams.set('sslmode', 'verify-full')
  } else if (mode === 'allow') {
    parsed.searchParams.set('sslmode', 'disable')
  } else if (mode !== null && mode !== 'no-verify') {
    parsed.searchParams.set('uselibpqcompat', 'true')
  } else return url
  return parsed.href
}

const UNKNOWN_ISSUER =
  /self[- ]signed certificate|unable to (verify the first|get (local )?issuer) certificate/i
const OTHER_NAME = /does not match certificate's altnames/i
const NO_TLS = /server does not support SSL connections/i
const NEEDS_TLS = /no encryption|SSL off|SSL\/TLS required|connection is insecure/i

/** How to go on where TLS is what keeps us from the database; null where it is not. */
export function adviseOnTls(message: string): string | null {
  if (UNKNOWN_ISSUER.test(message))
    return (
      'Name the CA that signed its certificate: sslmode=verify-full&sslrootcert=/path/to/ca.pem in DATABASE_URL, or ' +
      'NODE_EXTRA_CA_CERTS. Or use sslmode=no-verify, which encrypts without checking whose server it is.'
    )
  if (OTHER_NAME.test(message))
    return (
      'Use the name in the certificate in DATABASE_URL, or sslmode=verify-ca with sslrootcert, which does not check ' +
      'the name.'
    )
  if (NO_TLS.test(message)) return 'Use sslmode=disable in DATABASE_URL, or switch on TLS in the server.'
  if (NEEDS_TLS.test(message)) return 'The server wants TLS: add sslmode=require to DATABASE_URL.'
  return null
}
