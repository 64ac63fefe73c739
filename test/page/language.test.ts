import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => void vi.unstubAllGlobals())

const languageAfter = async (language: string) => {
  const navigator = { language }
  vi.stubGlobal('navigator', navigator)
  vi.resetModules()
  await import('../../src/page/language.js')
  return navigator.language
}

test('a browser whose language is no valid tag shows numbers as in English', async () => {
  expect(await languageAfter('en-US@posix')).toBe('en-US')
})

test('any other language stays', async () => {
  expect(await languageAfter('de-CH')).toBe('de-CH')
})
