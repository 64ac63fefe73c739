import { expect, test } from 'vitest'

import { flawOfKey } from '../../src/domain/key-form.ts'

test.each([
  '"anon_key"',
  "'anon_key'",
  '`anon_key`',
  '$'.concat('{ANON_API_KEY}'),
  'anon_$'.concat('{SUFFIX}'),
  '$ANON_API_KEY',
  '$(cat /run/secrets/key)',
  '%ANON_API_KEY%',
  '{{ anon_key }}',
  '{{anon_key}}',
  '<your-key>',
  '[your key]',
  'your_api_key_here',
  'YOUR-KEY',
  'changeme',
  '****',
  'undefined',
  'null',
  'None',
  'Bearer anon_key',
  'bearer\tanon_key',
  'Authorization: Bearer anon_key',
  'ANON_API_KEY=anon_key',
  'export ANON_API_KEY=anon_key',
  '{"api_key":"anon_key"}',
  'anon_key\nanon_key',
  'anon key',
  'anon_ключ',
  'anon_\u200bkey',
  'anon_…',
  'a\u0000n\u0000',
])('%j can never be a key, and why tells nothing of it', (text) => {
  const flaw = flawOfKey(text)
  expect(flaw).not.toBeNull()
  expect(flaw).not.toContain('anon')
})

test.each([
  'anon_k3y',
  'key',
  'sk-live_51H$x',
  'a+b/c==',
  'eyJhbGciOi.J9.x-_',
  'a"b',
  '$ecret$x',
  'x',
  'your',
  'nullable',
])('%j may be one', (text) => {
  expect(flawOfKey(text)).toBeNull()
})
