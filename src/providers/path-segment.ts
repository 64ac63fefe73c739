/** Null for the ids that an address cannot carry: dots would climb out of the path, half a surrogate has no bytes. */
export function pathSegment(id: string): string | null {
  return id === '' || id === '.' || id === '..' || !id.isWellFormed() ? null : encodeURIComponent(id)
}
