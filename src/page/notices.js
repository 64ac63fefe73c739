import { signal } from '@preact/signals'
import { access } from './session.js'

/** The newest thing to be told about what one did; it is read out. */
export const notice = signal(/** @type {{ text: string, isBad: boolean } | null} */ (null))

/** Told to those who listen rather than look, and not shown. */
export const spoken = signal('')

const SHOWN_MS = 8_000
let timer = 0

export function tell(/** @type {string} */ text, isBad = false) {
  notice.value = { text, isBad }
  clearTimeout(timer)
  timer = setTimeout(dismiss, SHOWN_MS)
}

export function dismiss() {
  notice.value = null
}

/** Why this session may change nothing; null where it may. */
export function whyReadOnly() {
  const { value } = access
  const mayAct = value.kind === 'open' && value.session.scope === 'operate'
  return mayAct ? null : 'Your token may only read. Sign in with one that may operate.'
}
