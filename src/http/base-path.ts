import type { FastifyReply } from 'fastify'

/** The path below which people reach the page, without a slash at the end; empty for none. */
export function basePathOf(publicUrl: string | null): string {
  return publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')
}

/** What a request is for, whether or not its URL still begins with the base path. */
export function withoutBase(url: string, basePath: string): string {
  const rest = url.slice(basePath.length)
  if (basePath === '' || !url.startsWith(basePath) || !/^([/?]|$)/.test(rest)) return url
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Routes name each other without the base path. */
export function extendLocation(reply: FastifyReply, basePath: string): void {
  const location = reply.getHeader('location')
  if (typeof location === 'string' && location.startsWith('/'))
    void reply.header('location', `${basePath}${location}`)
}
