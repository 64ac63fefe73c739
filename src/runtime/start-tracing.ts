import type { Logger } from 'pino'

import type { Service } from './service.ts'

/**
 * Tracing as OpenTelemetry's variables ask for it; null where they do not. Nothing of its SDK is loaded then: a daemon
 * that is not traced starts none the slower.
 */
export async function createTracing(
  log: Logger,
  // biome-ignore lint/style/noProcessEnv: OpenTelemetry's packages read their variables there, too.
  env: NodeJS.ProcessEnv = process.env,
): Promise<Service | null> {
  if (!isAsked(env)) return null
  const { createTracingSdk } = await import('./tracing-sdk.ts')
  return createTracingSdk(env, log)
}

function isAsked(env: NodeJS.ProcessEnv): boolean {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false
  const exporter = env['OTEL_TRACES_EXPORTER']?.trim() ?? ''
  if (exporter !== '') return exporter !== 'none'
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
}
