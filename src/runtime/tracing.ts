import {
  type Attributes,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

import { VERSION } from './version.ts'

export interface SpanOptions {
  readonly attributes: Attributes
  /** Whether it waits for somebody else's answer. */
  readonly asks?: boolean
}

/**
 * Runs `work` as one span of a trace. It costs next to nothing where no tracing was started. What went wrong is left to
 * the log, which knows what may be told.
 */
export function inSpan<T>(
  name: string,
  { attributes, asks = false }: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const options = { attributes, kind: asks ? SpanKind.CLIENT : SpanKind.INTERNAL }
  return trace.getTracer('landfall', VERSION).startActiveSpan(name, options, async (span) => {
    try {
      return await work(span)
    } catch (err) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw err
    } finally {
      span.end()
    }
  })
}

/** What tells another program which trace it is part of; empty without tracing. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  return headers
}

/** The present span as a W3C `traceparent`, to go on with it later and elsewhere; null without tracing. */
export function traceParent(): string | null {
  return traceHeaders()['traceparent'] ?? null
}

/** Runs `work` as part of that trace. */
export function inTrace<T>(parent: string | null, work: () => T): T {
  if (parent === null) return work()
  return context.with(propagation.extract(context.active(), { traceparent: parent }), work)
}
