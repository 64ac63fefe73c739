import { effect } from '@preact/signals'
import { render } from 'preact'
import { App } from './app.js'
import { html } from './html.js'
import { startPulse, stayLive } from './live.js'
import { followAddress } from './route.js'
import { access, openSession } from './session.js'
import { followSystemTheme } from './theme-choice.js'
import { startClock } from './times.js'

followAddress()
followSystemTheme()
startClock()
startPulse()

const place = document.getElementById('app')
if (place !== null) {
  place.replaceChildren()
  render(html`<${App} />`, place)
}

let isListening = false
effect(() => {
  if (access.value.kind !== 'open' || isListening) return
  isListening = true
  void stayLive().then(() => {
    isListening = false
  })
})

void openSession()
