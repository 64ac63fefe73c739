import { effect } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { pulse, slowPulse } from './live.js'
import { request } from './session.js'

/** @import { Resource } from './types.d.ts' */

/**
 * What a path answers, kept up to date. While another path is asked for, the old answer stays, marked as stale; so it does
 * where a request fails.
 *
 * @template T
 * @param {string} path
 * @param {{ isSlow?: boolean }} [options] slow: not with every event
 * @returns {Resource<T>}
 */
export function useResource(path, { isSlow = false } = {}) {
  const [{ shownPath, data, error }, setState] = useState({
    shownPath: '',
    data: /** @type {T | null} */ (null),
    error: /** @type {Error | null} */ (null),
  })
  const reload = useRef(() => {})
  useEffect(() => {
    const leaving = new AbortController()
    const load = singly(async () => {
      try {
        const answer = await request(path, { signal: leaving.signal })
        setState({ shownPath: path, data: answer, error: null })
      } catch (err) {
        if (!leaving.signal.aborted) setState((old) => ({ ...old, error: /** @type {Error} */ (err) }))
      }
    })
    reload.current = () => void load()
    const unfollow = effect(() => {
      void (isSlow ? slowPulse.value : pulse.value)
      void load()
    })
    return () => {
      unfollow()
      leaving.abort()
    }
  }, [path, isSlow])
  return { data, error, isStale: shownPath !== path, reload: () => reload.current() }
}

/**
 * Does it again where it was called for meanwhile, and never twice at a time.
 *
 * @param {() => Promise<void>} work
 */
function singly(work) {
  let isRunning = false
  let isWanted = false
  return async () => {
    isWanted = true
    if (isRunning) return
    isRunning = true
    while (isWanted) {
      isWanted = false
      await work()
    }
    isRunning = false
  }
}
