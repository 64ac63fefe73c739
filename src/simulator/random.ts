/** Numbers in [0, 1). */
export type Random = () => number

/** 32 well-mixed bits of a text; `salt` makes independent ones. */
export function hashOf(text: string, salt = 0): number {
  let hash = 0x811c9dc5 ^ salt
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * A repeatable stream (sfc32). Its state has 128 bits: with 32, two of 100,000 migrations would probably share a
 * stream, and so an id.
 */
export function createRandom(seed: string): Random {
  let a = hashOf(seed, 1)
  let b = hashOf(seed, 2)
  let c = hashOf(seed, 3)
  let counter = 1
  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 0x1_0000_0000
  }
  for (let i = 0; i < 12; i += 1) next()
  return next
}

export function exponential(next: Random, mean: number): number {
  return -mean * Math.log(1 - next())
}

export function lognormal(next: Random, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return median * Math.exp(sigma * normal)
}

export function pick<T>(next: Random, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(next() * choices.length)] ?? choices[0]
}

export function digits(next: Random, alphabet: string, length: number): string {
  // Joined, not added up: a string grown letter by letter takes twenty times the memory, and there may be a million.
  return Array.from({ length }, () => alphabet.charAt(Math.floor(next() * alphabet.length))).join('')
}
