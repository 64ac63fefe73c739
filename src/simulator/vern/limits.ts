import { createRateLimit, rateLimitHeaders, retryAfterHeaders, type TakeRequest } from '../rate-limit.ts'
import { CLASS_LIMITS, type ClassLimit, type LimitClass, type VernSettings } from './options.ts'

type Passed =
  | { readonly kind: 'allowed'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly headers: Readonly<Record<string, string>> }

/** Counts a request against everything it counts against. */
export type Limits = (endpoint: string, classes: readonly LimitClass[], nowMs: number) => Passed

export function createLimits(settings: VernSettings): Limits {
  const windows = new Map<string, TakeRequest>()
  function windowOf(name: string, limit: ClassLimit): TakeRequest {
    const known = windows.get(name)
    if (known) return known
    const { requests, windowS } = limit
    const fresh = createRateLimit({
      requestsPerSecond: requests / windowS,
      burst: requests,
      retryAfter: 'seconds',
      windowS,
    })
    windows.set(name, fresh)
    return fresh
  }

  return (endpoint, classes, nowMs) => {
    if (settings.regime === 'none') return { kind: 'allowed', headers: {} }
    if (settings.regime === 'per_endpoint') {
      const taken = windowOf(endpoint, settings.perEndpoint)(nowMs)
      return { kind: (taken?.waitMs ?? 0) > 0 ? 'refused' : 'allowed', headers: {} }
    }
    const taken = classes.flatMap(
      (name) => windowOf(name, settings.limits[name] ?? CLASS_LIMITS[name])(nowMs) ?? [],
    )
    const tightest = taken.toSorted((a, b) => b.waitMs - a.waitMs || a.remaining - b.remaining)[0]
    if (tightest === undefined) return { kind: 'allowed', headers: {} }
    const headers = rateLimitHeaders('x_epoch', tightest, nowMs)
    if (tightest.waitMs === 0) return { kind: 'allowed', headers }
    return {
      kind: 'refused',
      headers: { ...headers, ...retryAfterHeaders('seconds', tightest.waitMs, nowMs) },
    }
  }
}
