import type { Random } from './random.ts'

/** Each kind of fault and the forms it takes. */
const FAULTS = {
  '401': ['plain'],
  '403': ['plain'],
  '404': ['plain'],
  '429': ['plain'],
  '429_retry_after': ['seconds', 'date'],
  '5xx': ['500', '502', '503', '503_retry_after', '504'],
  /** Accepts and never answers, or stops after the headers, or in the middle of the body. */
  hang: ['silent', 'headers', 'body'],
  /** Destroys the socket at the same three moments. */
  reset: ['silent', 'headers', 'body'],
  html: ['plain'],
  /** All of a JSON text's first half, properly ended. */
  truncated: ['plain'],
  /** In one object of a page, or the only one: status a number, id null, a task; or no page or object at all. */
  wrong_types: ['status_number', 'id_null', 'other_object', 'other_shape'],
  slow_body: ['plain'],
  huge_body: ['plain'],
  redirect: ['plain'],
  /** Says gzip, and is not. */
  gzip_garbage: ['plain'],
  /** Lists only, like the two after it: as it was `staleMs` ago. */
  stale_list: ['plain'],
  empty_page: ['plain'],
  duplicate_rows: ['plain'],
} as const satisfies Record<string, readonly [string, ...string[]]>

type FaultKind = keyof typeof FAULTS

/** A kind alone takes any of its forms by chance; `kind.form` names one. */
type FaultName = { [K in FaultKind]: K | `${K}.${(typeof FAULTS)[K][number]}` }[FaultKind]

/** How probably (0 to 1) each fault befalls a request; at most one does. */
export type FaultMix = Readonly<Partial<Record<FaultName, number>>>

export interface Fault {
  readonly kind: FaultKind
  readonly form: string
}

export function drawFault(mix: FaultMix, next: Random): Fault | null {
  const entries = Object.entries(mix)
  if (entries.length === 0) return null
  let left = next()
  for (const [name, share] of entries) {
    if (left < share) return faultOf(name, next)
    left -= share
  }
  return null
}

function faultOf(name: string, next: Random): Fault | null {
  const [kind = '', form] = name.split('.')
  if (!isFaultKind(kind)) return null
  const forms = FAULTS[kind]
  return { kind, form: form ?? forms[Math.floor(next() * forms.length)] ?? forms[0] }
}

/** Whether the fault strikes only what a list shows. */
export function isListFault({ kind }: Fault): boolean {
  return kind === 'stale_list' || kind === 'empty_page' || kind === 'duplicate_rows'
}

const REFUSING: readonly FaultKind[] = ['401', '403', '404', '429', '429_retry_after', 'redirect']

/** Whether the request is turned away before it is carried out; other faults befall the answer. */
export function refusesRequest({ kind }: Fault): boolean {
  return REFUSING.includes(kind)
}

export function nameOf(fault: Fault): string {
  return fault.form === 'plain' ? fault.kind : `${fault.kind}.${fault.form}`
}

/** The mix, or what is wrong with it. */
export function parseFaultMix(
  value: unknown,
): { kind: 'ok'; mix: FaultMix } | { kind: 'invalid'; reason: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'invalid', reason: 'faults must be an object of names and probabilities' }
  for (const [name, share] of Object.entries(value)) {
    if (!isFaultName(name)) return { kind: 'invalid', reason: `there is no fault ${name}` }
    if (typeof share !== 'number' || !(share >= 0 && share <= 1))
      return { kind: 'invalid', reason: `the probability of ${name} must be a number from 0 to 1` }
  }
  return { kind: 'ok', mix: { ...value } }
}

function isFaultName(name: string): name is FaultName {
  const [kind = '', form, ...rest] = name.split('.')
  if (!isFaultKind(kind) || rest.length > 0) return false
  return form === undefined || FAULTS[kind].some((known) => known === form)
}

function isFaultKind(kind: string): kind is FaultKind {
  return Object.hasOwn(FAULTS, kind)
}

/** Throws on a name or probability that is none. */
export function validMix(value: FaultMix): FaultMix {
  const parsed = parseFaultMix(value)
  if (parsed.kind === 'invalid') throw new Error(`the simulator cannot switch its faults: ${parsed.reason}`)
  return parsed.mix
}
