import type { TestService } from './services.ts'

export interface ContainerOptions {
  readonly image: string
  readonly port: number
  readonly environment: Record<string, string>
  /** In place of the image's own. */
  readonly command?: readonly string[]
  /** From `host:port`, as seen from here. */
  toUrl(address: string): string
}

type Outcome =
  | { readonly kind: 'started'; readonly service: TestService }
  | { readonly kind: 'no_runtime'; readonly reason: string; readonly cause: unknown }
  | { readonly kind: 'failed'; readonly reason: string; readonly cause: unknown }

export async function startContainer({
  image,
  port,
  environment,
  command = [],
  toUrl,
}: ContainerOptions): Promise<Outcome> {
  // Loaded here, as it is large and most runs on a laptop never need it.
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers')
  try {
    await getContainerRuntimeClient()
  } catch (cause) {
    return { kind: 'no_runtime', reason: 'no container runtime answers', cause }
  }
  try {
    const container = await new GenericContainer(image)
      .withEnvironment(environment)
      .withCommand([...command])
      .withExposedPorts(port)
      .withStartupTimeout(120_000)
      .start()
    const url = toUrl(`${container.getHost()}:${container.getMappedPort(port)}`)
    const stop = async () => void (await container.stop())
    return { kind: 'started', service: { url, source: `container of ${image}`, stop } }
  } catch (cause) {
    return { kind: 'failed', reason: `${image} does not start: ${(cause as Error).message}`, cause }
  }
}
