import { useRef, useState } from 'preact/hooks'
import { html } from '../html.js'
import { request } from '../session.js'
import { Action } from './action.js'
import { replayed } from './replay.js'

/** Counts first, and asks. @param {{ hook: string, onDone: () => void }} props `hook`: empty for all */
export function ReplayDead({ hook, onDone }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null))
  const [counted, setCounted] = useState('')
  const replay = async (/** @type {boolean} */ isDry) => {
    const body = { dead: true, dry_run: isDry, ...(hook !== '' && { hook }) }
    const { hooks } = await request('/replays', { method: 'POST', body })
    return replayed(hooks)
  }
  async function ask() {
    setCounted(await replay(true))
    dialog.current?.showModal()
    return 'Counted what would be sent.'
  }
  async function act() {
    const sent = await replay(false)
    dialog.current?.close()
    return `${sent} on the way again.`
  }
  const where = hook === '' ? 'all hooks' : `hook ${hook}`
  return html`
    <${Action} label="Replay what was given up" onAct=${ask} />
    <dialog ref=${dialog} aria-labelledby="replay-dead-title">
      <h2 id="replay-dead-title">Send again what was given up?</h2>
      <p>${counted} to ${where} would be sent again, each under the id that it always had, so that receivers can tell.</p>
      <div class="dialog-buttons">
        <button type="button" class="quiet" onClick=${() => dialog.current?.close()}>Leave it</button>
        <${Action} class="primary" label="Send again" onAct=${act} onDone=${onDone} />
      </div>
    </dialog>
  `
}
