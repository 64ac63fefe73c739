/**
 * Takes the text of an event stream apart; a piece may end anywhere.
 *
 * @param {(id: string) => void} onEvent told the id of each event
 */
export function createStreamReader(onEvent) {
  let rest = ''
  return (/** @type {string} */ piece) => {
    const blocks = (rest + piece).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const id = /^id: (.*)$/m.exec(block)?.[1]
      if (id !== undefined) onEvent(id)
    }
  }
}
