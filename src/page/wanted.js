import { useResource } from './resource.js'

/** @import { Hook, Resource } from './types.d.ts' */

/** Tells whether any hook wants events of a type; no, while that is not known. */
export function useWanted() {
  const { data } = /** @type {Resource<{ hooks: Hook[] }>} */ (useResource('/hooks', { isSlow: true }))
  const types = new Set(data?.hooks.flatMap(({ events }) => events))
  return (/** @type {string} */ type) => types.has(type)
}
