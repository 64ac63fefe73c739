import { useState } from 'preact/hooks'
import { html } from '../html.js'
import { tell, whyReadOnly } from '../notices.js'

/**
 * A button that does something and tells what came of it. Where one may not, it stays reachable and says why.
 *
 * @param {{ label: string, name?: string, onAct: () => Promise<string>, onDone?: () => void, class?: string }} props
 *   `name`: what it is called where the label alone does not say what it acts on
 */
export function Action({ label, name = label, onAct, onDone = () => {}, class: className = '' }) {
  const [isBusy, setBusy] = useState(false)
  const refusal = whyReadOnly()
  async function act() {
    if (refusal !== null) return tell(refusal, true)
    if (isBusy) return
    setBusy(true)
    try {
      tell(await onAct())
    } catch (err) {
      tell(`${label} failed: ${/** @type {Error} */ (err).message}`, true)
    }
    setBusy(false)
    onDone()
  }
  return html`
    <button type="button" class=${className} onClick=${act} aria-label=${name} title=${refusal ?? ''}
      aria-disabled=${refusal !== null || isBusy} aria-busy=${isBusy}>${label}</button>
  `
}
