import { ROOT_CONTEXT } from '@opentelemetry/api'
import type { Telemetry } from 'bullmq'

/** Lets BullMQ's own steps show in traces. Loaded only where there are any. */
export async function createTelemetry(): Promise<Telemetry> {
  const { BullMQOtel } = await import('bullmq-otel')
  const telemetry = new BullMQOtel()
  // Without it, BullMQ's endless loops would stay in the span that they were started in.
  return {
    tracer: telemetry.tracer,
    contextManager: Object.assign(telemetry.contextManager, { root: () => ROOT_CONTEXT }),
  }
}
