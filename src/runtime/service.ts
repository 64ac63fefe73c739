import type { Logger } from 'pino'

/** A long-lived part of the daemon. `stop` may come twice, and before `start`. */
export interface Service {
  readonly name: string
  start(): Promise<void>
  stop(): Promise<void>
}

/** Services that stand on one another. */
export interface ServiceStack {
  /** Starts a service on top of those already there; where it cannot start, it is stopped again at once. */
  add<S extends Service>(service: S): Promise<S>
  /** Stops all, the youngest first, each within `graceMs`. */
  stop(): Promise<void>
}

export function createServiceStack(log: Logger, graceMs: number): ServiceStack {
  const services: Service[] = []

  async function stopOne(service: Service): Promise<void> {
    // One stuck service must not keep the others from closing their connections.
    await within(graceMs, service.stop()).catch((err: unknown) => {
      log.error({ err, service: service.name }, 'service.stop_failed')
    })
  }

  async function add<S extends Service>(service: S): Promise<S> {
    try {
      await service.start()
    } catch (err) {
      await stopOne(service)
      throw err
    }
    services.push(service)
    return service
  }

  async function stop(): Promise<void> {
    for (const service of services.splice(0).reverse()) await stopOne(service)
  }

  return { add, stop }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`gave up after ${ms} ms`)), ms)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
