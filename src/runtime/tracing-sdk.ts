import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { getNumberFromEnv, setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'

import type { Service } from './service.ts'
import { VERSION } from './version.ts'

/** What the last spans may take at the end. */
const FLUSH_MS = 3_000
const COMPLAIN_EVERY_MS = 60_000

/** Null, and told, where the variables ask for something that is not there: work goes on without traces. */
export function createTracingSdk(env: NodeJS.ProcessEnv, log: Logger): Service | null {
  const exporter = createExporter(env)
  const sampler = createSampler(env)
  if (typeof exporter === 'string' || typeof sampler === 'string') {
    log.warn({ reason: typeof exporter === 'string' ? exporter : sampler }, 'tracing.unsupported')
    return null
  }
  const provider = new TracerProvider({
    resource: describeProcess(),
    sampler,
    spanProcessors: [new BatchSpanProcessor({ exporter, ...batching() })],
  })

  async function start(): Promise<void> {
    setGlobalErrorHandler(createComplaints(log))
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    trace.setGlobalTracerProvider(provider)
    log.info('tracing.started')
  }

  async function stop(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, FLUSH_MS)
    await Promise.race([provider.shutdown().catch(() => {}), late])
    clearTimeout(timer)
    for (const api of [trace, context, propagation]) api.disable()
  }

  return { name: 'tracing', start, stop }
}

/** The exporters read their own variables: endpoint, headers, certificates, timeout, compression. */
function createExporter(env: NodeJS.ProcessEnv): SpanExporter | string {
  const kind = env['OTEL_TRACES_EXPORTER']?.trim() || 'otlp'
  if (kind === 'console') return new ConsoleSpanExporter()
  if (kind !== 'otlp') return `OTEL_TRACES_EXPORTER is ${kind}; expected otlp, console or none`
  const protocol =
    env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'] || 'http/protobuf'
  if (protocol === 'http/protobuf') return new ProtobufExporter()
  if (protocol === 'http/json') return new JsonExporter()
  return `OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}; expected http/protobuf or http/json`
}

function createSampler(env: NodeJS.ProcessEnv): Sampler | string {
  const name = env['OTEL_TRACES_SAMPLER']?.trim() || 'parentbased_always_on'
  const ratio = () => new TraceIdRatioBasedSampler(getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1)
  const samplers = new Map<string, () => Sampler>([
    ['always_on', () => new AlwaysOnSampler()],
    ['always_off', () => new AlwaysOffSampler()],
    ['traceidratio', ratio],
  ])
  const create = samplers.get(name.replace(/^parentbased_/, ''))
  if (create === undefined) return `OTEL_TRACES_SAMPLER is ${name}; expected one of ${[...samplers.keys()]}`
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root: create() }) : create()
}

function describeProcess(): Resource {
  const own = resourceFromAttributes({ 'service.name': 'landfall', 'service.version': VERSION })
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }))
}

function batching() {
  const settings = {
    scheduledDelayMillis: getNumberFromEnv('OTEL_BSP_SCHEDULE_DELAY'),
    exportTimeoutMillis: getNumberFromEnv('OTEL_BSP_EXPORT_TIMEOUT'),
    maxQueueSize: getNumberFromEnv('OTEL_BSP_MAX_QUEUE_SIZE'),
    maxExportBatchSize: getNumberFromEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

/** A collector that is away fails every few seconds. */
function createComplaints(log: Logger): (err: unknown) => void {
  let againAtMs = Number.NEGATIVE_INFINITY
  return (err) => {
    if (performance.now() < againAtMs) return
    againAtMs = performance.now() + COMPLAIN_EVERY_MS
    log.warn({ err }, 'tracing.failed')
  }
}
