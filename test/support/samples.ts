/** The samples of a scrape, by name with labels as they are written. */
export function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

/** The names of metrics, as queries use them. */
export function namesIn(text: string): Set<string> {
  return new Set([...samplesOf(text).keys()].map((series) => series.replace(/\{.*/, '')))
}
