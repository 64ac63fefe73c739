/**
 * A browser in a bare container may name a language that is none (`en-US@posix`), and uPlot asks for its number format when it
 * loads. Imported before uPlot.
 */
try {
  Intl.getCanonicalLocales(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
}
