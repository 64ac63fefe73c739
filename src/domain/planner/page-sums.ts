/**
 * Sums per page with the links that made them, in flat arrays: filled anew for 50,000 migrations at every tick, and
 * emptied by what was touched, so that neither costs an allocation.
 */
export interface PageSums {
  /** Room for so many links. */
  widen(links: number): void
  clear(): void
  /** Adds to a page without a link. */
  add(page: number, value: number): void
  addLink(page: number, value: number, link: number): void
  at(page: number): number
  empty(page: number): void
  linksOn(page: number): Iterable<number>
  best(): { readonly worth: number; readonly at: number }
}

const NONE = -1

export function createPageSums(): PageSums {
  let sums = new Float64Array(256)
  let heads = new Int32Array(256).fill(NONE)
  let isTouched = new Uint8Array(256)
  let chain = new Int32Array(0)
  let touched: number[] = []

  function touch(page: number): void {
    if (page >= sums.length) reach(page)
    if (isTouched[page] === 1) return
    isTouched[page] = 1
    touched.push(page)
  }

  function reach(page: number): void {
    const size = 2 ** Math.ceil(Math.log2(page + 2))
    const old = { sums, heads, isTouched }
    sums = new Float64Array(size)
    heads = new Int32Array(size).fill(NONE)
    isTouched = new Uint8Array(size)
    sums.set(old.sums)
    heads.set(old.heads)
    isTouched.set(old.isTouched)
  }

  function add(page: number, value: number): void {
    touch(page)
    sums[page] = (sums[page] ?? 0) + value
  }

  return {
    widen(links) {
      if (links > chain.length) chain = new Int32Array(links)
    },
    clear() {
      for (const page of touched) {
        sums[page] = 0
        heads[page] = NONE
        isTouched[page] = 0
      }
      touched = []
    },
    add,
    addLink(page, value, link) {
      add(page, value)
      chain[link] = heads[page] ?? NONE
      heads[page] = link
    },
    at: (page) => sums[page] ?? 0,
    empty(page) {
      if (page < sums.length) sums[page] = 0
    },
    *linksOn(page) {
      for (let link = heads[page] ?? NONE; link !== NONE; link = chain[link] ?? NONE) yield link
    },
    best() {
      let at = NONE
      let worth = 0
      for (const page of touched) {
        if ((sums[page] ?? 0) <= worth) continue
        worth = sums[page] ?? 0
        at = page
      }
      return { worth, at }
    },
  }
}
