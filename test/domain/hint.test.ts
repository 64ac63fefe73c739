import fc from 'fast-check'
import { expect, test } from 'vitest'

import { parseHint } from '../../src/domain/hint.ts'

const object = { object: 'migration', id: 'm1', status: 'COMPLETE' }

test.each([
  [
    'as documented',
    JSON.stringify({ type: 'migration.completed', data: { migration_id: 'm1', object } }),
    { type: 'migration.completed', migrationId: 'm1', status: 'COMPLETE' },
  ],
  [
    'with a time that has no quotes, as in their sample',
    '{"type":"migration.failed","created":2026-03-04T09:22:41.004512,"data":{"migration_id":"mig_01X"}}',
    { type: 'migration.failed', migrationId: 'mig_01X', status: null },
  ],
  [
    'about a task, whose status is not the migration’s',
    JSON.stringify({
      type: 'migration_task.failed',
      data: { migration_id: 'm1', object: { id: 't', status: 'FAILED' } },
    }),
    { type: 'migration_task.failed', migrationId: 'm1', status: null },
  ],
  [
    'of a type nobody knows',
    '{"type":"login.rejected"}',
    { type: 'login.rejected', migrationId: null, status: null },
  ],
  ['an id that is a number', '{"data":{"migration_id":7}}', { type: null, migrationId: '7', status: null }],
  ['an id that is none', '{"data":{"migration_id":1.5}}', { type: null, migrationId: null, status: null }],
  ['no JSON', 'svix.ping', { type: null, migrationId: null, status: null }],
])('%s', (_, body, hint) => {
  expect(parseHint(body)).toEqual(hint)
})

test('any body is a hint, if an empty one', () => {
  const bodies = fc.oneof(fc.string(), fc.json())
  fc.assert(fc.property(bodies, (body) => Object.keys(parseHint(body)).length === 3))
})
