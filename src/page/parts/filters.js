import { useEffect, useRef, useState } from 'preact/hooks'
import { html } from '../html.js'
import { route, setFilters } from '../route.js'
import { wordOf } from '../words.js'

const TYPING_MS = 250

/** The value of a filter in the address. */
export function filter(/** @type {string} */ name) {
  return route.value.query.get(name) ?? ''
}

/**
 * @param {{ name: string, label: string, options: readonly (readonly [value: string, word: string])[] }} props
 */
export function Choice({ name, label, options }) {
  const chosen = filter(name)
  // A value that is none of the options, as somebody may have written into the address, is still the one that filters.
  const all = options.some(([value]) => value === chosen)
    ? options
    : [...options, /** @type {const} */ ([chosen, chosen])]
  return html`
    <label class="field">
      <span>${label}</span>
      <select value=${chosen} onChange=${(/** @type {any} */ event) => setFilters({ [name]: event.target.value })}>
        ${all.map(([value, word]) => html`<option key=${value} value=${value} selected=${value === chosen}>${word}</option>`)}
      </select>
    </label>
  `
}

/** @param {{ name: string, label: string }} props */
export function Tick({ name, label }) {
  const isOn = filter(name) === 'true'
  const toggle = () => setFilters({ [name]: isOn ? '' : 'true' })
  return html`<label class="tick"><input type="checkbox" checked=${isOn} onChange=${toggle} /><span>${label}</span></label>`
}

/** Follows the typing after a moment. @param {{ name: string, label: string, hint: string }} props */
export function Search({ name, label, hint }) {
  const inAddress = filter(name)
  const [text, setText] = useState(inAddress)
  const timer = useRef(0)
  // The address may change by itself, as with the back button.
  useEffect(() => setText(inAddress), [inAddress])
  useEffect(() => () => clearTimeout(timer.current), [])
  function type(/** @type {any} */ event) {
    const typed = event.target.value
    setText(typed)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setFilters({ [name]: typed.trim() }), TYPING_MS)
  }
  return html`
    <label class="field field-wide">
      <span>${label}</span>
      <input type="search" value=${text} placeholder=${hint} onInput=${type} autocomplete="off" spellcheck=${false} />
    </label>
  `
}

/**
 * Filters that came by an address, and have no field of their own: each can be taken away.
 *
 * @param {{ names: readonly string[] }} props
 */
export function OtherFilters({ names }) {
  return names
    .filter((name) => filter(name) !== '')
    .map(
      (name) => html`
        <button key=${name} type="button" class="chip" onClick=${() => setFilters({ [name]: '' })}>
          ${wordOf(name)} ${filter(name)}<span class="visually-hidden">, take this filter away</span><span aria-hidden="true">✕</span>
        </button>
      `,
    )
}

/** @param {{ names: readonly string[], children?: unknown }} props */
export function Filters({ names, children }) {
  const isFiltered = names.some((name) => filter(name) !== '')
  const clear = () => setFilters(Object.fromEntries(names.map((name) => [name, ''])))
  return html`
    <form class="filters" role="search" aria-label="Filters" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${children}
      <button type="button" class="quiet" onClick=${clear} disabled=${!isFiltered}>Clear filters</button>
    </form>
  `
}
