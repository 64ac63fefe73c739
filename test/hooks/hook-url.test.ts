import { expect, test } from 'vitest'

import { parseHookUrl } from '../../src/hooks/hook-url.ts'

test.each(['https://example.com/hook?token=t0ps3cret', 'http://127.0.0.1:8080', 'HTTPS://EXAMPLE.COM'])(
  'takes %s',
  (text) => {
    expect(parseHookUrl(text)).toEqual({ kind: 'ok', url: new URL(text) })
  },
)

test.each([
  ['', 'absolute'],
  ['/hook?token=t0ps3cret', 'absolute'],
  ['example.com/t0ps3cret', 'absolute'],
  ['https://', 'absolute'],
  ['http://999.1.1.1/t0ps3cret', 'absolute'],
  ['http://host:99999/t0ps3cret', 'absolute'],
  ['file:///etc/passwd?t0ps3cret', 'start with https://'],
  ['ftp://example.com/t0ps3cret', 'start with https://'],
  ['javascript:t0ps3cret', 'start with https://'],
  ['https://me:t0ps3cret@example.com/', 'no user name or password'],
  ['https://t0ps3cret@example.com/', 'no user name or password'],
])('refuses %s without repeating it', (text, reason) => {
  const parsed = parseHookUrl(text)

  expect(parsed).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(reason) })
  expect(JSON.stringify(parsed)).not.toContain('t0ps3cret')
})
