import { signal } from '@preact/signals'
import { createStreamReader } from './event-stream.js'
import { send } from './session.js'

/** Whether news arrive as they happen. */
export const connection = signal(/** @type {'connecting' | 'live' | 'waiting'} */ ('connecting'))

/** Changes when there may be something new to show: with events, at most once a second, and with `slowPulse`. */
export const pulse = signal(0)

/** Changes now and then, for what changes without an event, or is dear to ask for. */
export const slowPulse = signal(0)

const APART_MS = 1_000
const SLOW_MS = 15_000
/** The server says something every 15 s. */
const SILENCE_MS = 40_000
const LONGEST_WAIT_MS = 15_000

let isDue = false
let beatenAtMs = -APART_MS

export function startPulse() {
  setInterval(beatSlowly, SLOW_MS)
  document.addEventListener('visibilitychange', beatSlowly)
}

/** Asks for news until the token is refused. EventSource would, but sends no token. */
export async function stayLive() {
  /** @type {string | null} */
  let lastId = null
  const note = (/** @type {string} */ id) => {
    lastId = id
    beat()
  }
  for (let failures = 0; ; failures++) {
    const ended = await listen(lastId, note, () => {
      failures = 0
    })
    // Its event is gone, as in a database that was made anew: what is newest then is where to begin.
    if (ended === 'unknown') lastId = null
    if (ended === 'refused') return
    connection.value = 'waiting'
    const waitMs = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures)
    await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random() / 2)))
  }
}

/**
 * @param {string | null} after
 * @param {(id: string) => void} onEvent
 * @param {() => void} onOpen
 * @returns {Promise<'refused' | 'unknown' | 'lost'>}
 */
async function listen(after, onEvent, onOpen) {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  try {
    const headers = after === null ? {} : { 'last-event-id': after }
    const response = await send('/events/stream', { headers: headers, signal: silence.signal })
    if (response.status === 401) return 'refused'
    if (response.status === 404) return 'unknown'
    if (!response.ok || response.body === null) return 'lost'
    onOpen()
    connection.value = 'live'
    // Whatever happened while nobody listened.
    beatSlowly()
    const read = createStreamReader(onEvent)
    const decoder = new TextDecoder()
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read()
      if (done) return 'lost'
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), SILENCE_MS)
      read(decoder.decode(value, { stream: true }))
    }
  } catch {
    return 'lost'
  } finally {
    clearTimeout(timer)
  }
}

/** The first at once, the rest together once a second is over. */
function beat() {
  if (isDue || document.hidden) return
  isDue = true
  setTimeout(
    () => {
      isDue = false
      beatenAtMs = performance.now()
      pulse.value++
    },
    Math.max(0, beatenAtMs + APART_MS - performance.now()),
  )
}

function beatSlowly() {
  if (document.hidden) return
  slowPulse.value++
  beat()
}
