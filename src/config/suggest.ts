/** The known word that was probably meant; null where none is near. */
export function nearest(written: string, known: readonly string[]): string | null {
  const near = known
    .map((word) => ({ word, distance: distanceBetween(written.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= Math.max(2, word.length / 4))
    .sort((a, b) => a.distance - b.distance)
  return near[0]?.word ?? null
}

function distanceBetween(written: string, word: string): number {
  const parts = word.split('_')
  // ANON_KEY means ANON_API_KEY, however many letters are missing.
  const isAbridged = written.includes('_') && written.split('_').every((part) => parts.includes(part))
  return isAbridged ? 1 : editDistance(written, word)
}

/** Levenshtein: single-character insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, right] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
