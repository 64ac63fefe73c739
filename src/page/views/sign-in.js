import { useState } from 'preact/hooks'
import { html } from '../html.js'
import { signIn } from '../session.js'

/** @param {{ wasRefused: boolean }} props */
export function SignIn({ wasRefused }) {
  const [token, setToken] = useState('')
  function submit(/** @type {Event} */ event) {
    event.preventDefault()
    void signIn(token.trim())
  }
  return html`
    <form class="sign-in panel" onSubmit=${submit}>
      <h1 tabindex="-1">Sign in</h1>
      <p>This Landfall asks for a token: the value of <code>LANDFALL_API_TOKEN</code>, or one that <code>landfall tokens</code> made. It is kept until this tab is closed.</p>
      <label class="field">
        <span>Token</span>
        <input type="password" required autocomplete="current-password" value=${token} aria-describedby="token-problem"
          aria-invalid=${wasRefused} onInput=${(/** @type {any} */ event) => setToken(event.target.value)} />
      </label>
      <p id="token-problem" class="problem" role="alert">${wasRefused && 'That token was not accepted.'}</p>
      <button type="submit" class="primary">Sign in</button>
    </form>
  `
}
