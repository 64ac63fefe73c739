// Not a module: it runs before anything is painted, so that a chosen theme does not flash up late.
;(() => {
  try {
    const chosen = localStorage.getItem('landfall-theme')
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen
  } catch {}
})()
