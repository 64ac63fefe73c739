import type { FullLife, Life } from './life.ts'
import type { IdStyle } from './options.ts'
import { createRandom, digits, pick, type Random } from './random.ts'

const HEX = '0123456789abcdef'
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Gives a life the names it lacks. */
export function createNaming(seed: number, idStyle: IdStyle): (life: Life, next: Random) => FullLife {
  const next = createRandom(`${seed}/names`)
  const hex = () => digits(next, HEX, 16)
  // The documents disagree on whether company_id may be null, so at times it is; users are what callers named them.
  const companies: readonly [string | null, ...(string | null)[]] = [
    null,
    null,
    ...Array.from({ length: 20 }, hex),
  ]
  const users: readonly [string, ...string[]] = [
    'ann@example.test',
    'u-7781',
    ...Array.from({ length: 100 }, hex),
  ]
  return (life, own) => {
    const id = idOf(own, idStyle)
    const companyId = pick(own, companies)
    return {
      ...life,
      id: life.id ?? id,
      companyId: life.companyId === undefined ? companyId : life.companyId,
      userId: pick(own, users),
    }
  }
}

function idOf(next: Random, style: IdStyle): string {
  if (style === 'hex') return digits(next, HEX, 16)
  if (style === 'mig') return `mig_01${digits(next, CROCKFORD, 24)}`
  const [a, b, c, d, e] = [8, 4, 3, 3, 12].map((length) => digits(next, HEX, length))
  return [a, b, `4${c}`, `8${d}`, e].join('-')
}
