import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { parseMigration, parsePage, parseReading } from '../../src/providers/anon/map.ts'
import { ANON_STATUS_MAP } from '../../src/providers/anon/status-map.ts'

const wire = {
  object: 'migration',
  id: 'a1',
  created: '2025-12-02T23:51:49.807119',
  status: 'WORKING',
  created_by_user_id: 'u-1',
  company_id: 'c-1',
}
const read = (change: object) => parseReading({ ...wire, ...change }, ANON_STATUS_MAP)
const page = (body: unknown) => parsePage(body, ANON_STATUS_MAP)
const ids = (body: unknown) => {
  const answer = page(body)
  return answer.kind === 'ok' ? answer.value.readings.map((reading) => reading.migrationId) : answer
}

describe('a migration', () => {
  test('is read whole', () => {
    expect(read({ progress: 3 })).toEqual({
      migrationId: 'a1',
      status: 'WORKING',
      phase: 'running',
      createdAt: '2025-12-02T23:51:49.807119Z',
      companyId: 'c-1',
      createdByUserId: 'u-1',
      attributes: { progress: 3 },
    })
  })

  test.each([
    ['NOT_READY', 'pending'],
    ['NOT_STARTED', 'pending'],
    ['WORKING', 'running'],
    ['PENDING_USER_INPUT', 'needs_input'],
    ['COMPLETE', 'succeeded'],
    ['COMPLETED_WITH_FAILURES', 'partial'],
    ['FAILED', 'failed'],
    ['LOGIN_ABANDONED', 'abandoned'],
    ['complete', 'unknown'],
    ['SOMETHING_NEW', 'unknown'],
    ['constructor', 'unknown'],
  ])('with status %s is %s', (status, phase) => {
    expect(read({ status })).toMatchObject({ status, phase })
  })

  test.each([
    [{ company_id: null }],
    [{ company_id: undefined, created_by_user_id: undefined }],
    [{ company_id: {}, created_by_user_id: [] }],
    [{ company_id: '', created_by_user_id: 'nul\0' }],
    [{ created: 'yesterday' }],
    [{ created: 5 }],
    [{ created: undefined, object: undefined }],
  ])('may have any other shape in what is optional: %j', (change) => {
    expect(read(change)).toMatchObject({ migrationId: 'a1', status: 'WORKING' })
  })

  test.each([
    [{ created: 'yesterday' }, 'createdAt'],
    [{ company_id: ['x'] }, 'companyId'],
    [{ created_by_user_id: null }, 'createdByUserId'],
  ])('%j is read as null', (change, field) => {
    expect(read(change)).toHaveProperty(field, null)
  })

  test.each([
    [7, '7'],
    [0, '0'],
    [' x ', ' x '],
    ['a/b?c', 'a/b?c'],
  ])('may be called %j', (id, migrationId) => {
    expect(read({ id })).toMatchObject({ migrationId })
  })

  test.each([
    [{ id: '' }],
    [{ id: null }],
    [{ id: undefined }],
    [{ id: 1.5 }],
    [{ id: 2 ** 53 }],
    [{ id: ['a'] }],
    [{ id: 'nul\0' }],
    [{ id: '\ud800' }],
    [{ id: 'x'.repeat(513) }],
    [{ status: '' }],
    [{ status: 5 }],
    [{ status: null }],
    [{ status: undefined }],
    [{ status: 'x'.repeat(201) }],
    [{ object: 'migration_task' }],
    [{ object: null }],
  ])('is not seen in %j', (change) => {
    expect(read(change)).toBeNull()
  })

  test('keeps no attributes that Postgres could not', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown
    expect(read({ ok: 'é', nul: ['a\0'], half: '\udc00', 'nul\0key': 1, deep })?.attributes).toEqual({
      ok: 'é',
    })
  })

  test('keeps no attributes of more than 16 kB', () => {
    expect(read({ note: 'x'.repeat(16_000) })?.attributes).toHaveProperty('note')
    expect(read({ note: 'é'.repeat(9_000), small: 1 })?.attributes).toEqual({})
  })

  test('is not fooled by inherited names', () => {
    const sly = JSON.parse('{"id":"a","status":"WORKING","__proto__":{"id":"b"},"toString":1}') as unknown
    expect(parseReading(sly, ANON_STATUS_MAP)).toMatchObject({ migrationId: 'a' })
    expect(parseReading(JSON.parse('{"__proto__":{"id":"b","status":"s"}}'), ANON_STATUS_MAP)).toBeNull()
  })
})

describe('the body of a get', () => {
  test.each([[wire], [{ data: wire }], [{ migration: wire }], [{ object: 'result', data: wire }]])(
    'may be wrapped: %j',
    (body) => {
      expect(parseMigration(body, 'a1', ANON_STATUS_MAP)).toMatchObject({
        kind: 'ok',
        value: { migrationId: 'a1' },
      })
    },
  )

  test('must be the migration that was asked for', () => {
    const reason = 'the body is another migration'
    expect(parseMigration(wire, 'a2', ANON_STATUS_MAP)).toEqual({ kind: 'unusable', reason, passing: false })
  })

  test.each([[null], [[]], [[wire]], ['a1'], [{}], [{ data: { data: wire } }], [{ data: [wire] }]])(
    'must be a migration: %j',
    (body) => {
      const reason = 'the body is no migration'
      expect(parseMigration(body, 'a1', ANON_STATUS_MAP)).toEqual({
        kind: 'unusable',
        reason,
        passing: false,
      })
    },
  )
})

describe('the body of a list', () => {
  test.each([
    ['bare', [wire]],
    ['data', { data: [wire] }],
    ['items', { items: [wire], total: 1 }],
    ['results', { count: 1, results: [wire] }],
    ['migrations', { migrations: [wire], page: 1 }],
    ['another name', { links: ['x'], warnings: [], payload: [wire] }],
    ['another name, beside an empty usual one', { data: [], payload: [wire] }],
  ])('is found in each envelope: %s', (_name, body) => {
    expect(ids(body)).toEqual(['a1'])
  })

  test('may be empty', () => {
    for (const body of [[], { data: [] }, { results: [], links: ['x'] }]) {
      expect(page(body)).toMatchObject({ kind: 'ok', value: { readings: [], size: 0, malformed: 0 } })
    }
  })

  test.each([
    [{}, null],
    [{ has_more: true }, true],
    [{ has_more: false }, false],
    [{ next: null }, false],
    [{ next: 'https://x.test/?page=2' }, true],
    [{ next: 2 }, true],
    [{ has_more: false, next: '/x' }, true],
    [{ has_more: 'yes', next: {} }, null],
    [{ total: 1 }, null],
  ])('with %j says of more pages: %j', (extra, hasMore) => {
    expect(page({ data: [wire], ...extra })).toMatchObject({ value: { hasMore } })
  })

  test('counts what is no migration, and takes the first of two with one id', () => {
    const second = { ...wire, status: 'FAILED' }
    expect(page([wire, 5, null, { id: 'x' }, second])).toMatchObject({
      value: { readings: [{ migrationId: 'a1', status: 'WORKING' }], size: 5, malformed: 3 },
    })
  })

  test.each([
    [null, 'the body is neither list nor object'],
    ['text', 'the body is neither list nor object'],
    [{}, "no list among the body's fields (it has none)"],
    [{ error: 'SECRET', 'a b': ['SECRET'] }, "no list among the body's fields (error, a?b)"],
    [[1, 'SECRET'], "none of the list's 2 elements is a migration"],
    [{ data: [{ id: 'SECRET' }] }, "none of the list's 1 elements is a migration"],
  ])('is unusable as %j, and the reason holds no values', (body, reason) => {
    expect(page(body)).toEqual({ kind: 'unusable', reason, passing: false })
  })

  test('names few fields, and those shortly', () => {
    const answer = page(
      Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${'k'.repeat(500)}${i}`, 1])),
    )
    expect(answer.kind === 'unusable' ? answer.reason.length : 0).toBeLessThan(400)
  })

  test('is not read when it is absurdly long', () => {
    const answer = page(Array.from({ length: 100_001 }, () => ({})))
    expect(answer).toMatchObject({ kind: 'unusable', reason: 'the list has 100001 elements' })
  })
})

test('whatever JSON comes, nothing throws and no reading lacks an id or a status', () => {
  const near = fc.record(
    {
      object: fc.oneof(fc.constant('migration'), fc.jsonValue()),
      id: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
      status: fc.oneof(fc.constantFrom('WORKING', 'COMPLETE'), fc.jsonValue()),
      created: fc.oneof(fc.constant('2025-12-02T23:51:49.807119'), fc.jsonValue()),
      company_id: fc.jsonValue(),
      rest: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const value = fc.oneof(fc.jsonValue(), near)
  const envelope = fc.constantFrom('data', 'items', 'migrations', 'migration', 'other', '__proto__')
  const wrapped = fc
    .tuple(envelope, fc.oneof(value, fc.array(value)))
    .map(([name, inner]) => ({ [name]: inner }))
  const body = fc.oneof(value, fc.array(value), wrapped)
  fc.assert(
    fc.property(body, (anything) => {
      const listed = page(anything)
      const got = parseMigration(anything, 'a1', ANON_STATUS_MAP)
      const readings = [
        ...(listed.kind === 'ok' ? listed.value.readings : []),
        ...(got.kind === 'ok' ? [got.value] : []),
      ]
      for (const { migrationId, status, createdAt } of readings) {
        expect(typeof migrationId === 'string' && migrationId !== '').toBe(true)
        expect(typeof status === 'string' && status !== '').toBe(true)
        expect(createdAt === null || createdAt.endsWith('Z')).toBe(true)
      }
    }),
    { numRuns: 2_000 },
  )
})
