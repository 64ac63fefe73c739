import { signal } from '@preact/signals'

/** What was chosen: `auto` is what the system says. */
export const theme = signal(document.documentElement.dataset['theme'] ?? 'auto')

/** Changes when the colours do. */
export const painted = signal(0)

export const THEMES = /** @type {const} */ (['auto', 'light', 'dark'])

export function chooseTheme(/** @type {string} */ chosen) {
  theme.value = chosen
  if (chosen === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = chosen
  try {
    localStorage.setItem('landfall-theme', chosen)
  } catch {}
  painted.value++
}

export function followSystemTheme() {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    painted.value++
  })
}
