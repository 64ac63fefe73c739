export interface Due {
  readonly dueMs: number
  readonly id: string
}

/** A binary heap, the oldest due first. */
export function createDueQueue() {
  const heap: Due[] = []
  const at = (index: number) => heap[index] as Due
  const swap = (a: number, b: number) => {
    const one = at(a)
    heap[a] = at(b)
    heap[b] = one
  }
  const leastOf = (...indices: number[]) =>
    indices.reduce((least, one) => (one < heap.length && at(one).dueMs < at(least).dueMs ? one : least))
  return {
    peek: (): Due | undefined => heap[0],
    push(dueMs: number, id: string) {
      let index = heap.push({ dueMs, id }) - 1
      while (index > 0 && at(index).dueMs < at((index - 1) >> 1).dueMs) {
        swap(index, (index - 1) >> 1)
        index = (index - 1) >> 1
      }
    },
    pop() {
      const last = heap.pop()
      if (last === undefined || heap.length === 0) return
      heap[0] = last
      for (let index = 0; ; ) {
        const least = leastOf(index, 2 * index + 1, 2 * index + 2)
        if (least === index) return
        swap(index, least)
        index = least
      }
    },
  }
}
