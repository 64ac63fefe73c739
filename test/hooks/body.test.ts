import { describe, expect, test } from 'vitest'
import type { OutgoingEvent } from '../../src/domain/outgoing-event.ts'
import { encodeBody } from '../../src/hooks/body.ts'

const event: OutgoingEvent = {
  id: 'evt_0199',
  type: 'migration.completed',
  source: '/accounts/acme',
  subject: '9f5b',
  time: '2026-03-04T09:22:41.004Z',
  sequence: '0000000003',
  data: {
    account: 'acme',
    provider: 'anon',
    migration_id: '9f5b',
    status: 'COMPLETE',
    previous_status: 'WORKING',
    phase: 'succeeded',
    company_id: 'abc',
    created_by_user_id: 'u-7',
    created_at: '2026-03-04T09:15:02.118340Z',
    not_before: '2026-03-04T09:22:31.000Z',
    not_after: '2026-03-04T09:22:41.000Z',
    observed_via: 'get',
  },
}
const DATA =
  '{"account":"acme","provider":"anon","migration_id":"9f5b","status":"COMPLETE","previous_status":"WORKING",' +
  '"phase":"succeeded","company_id":"abc","created_by_user_id":"u-7","created_at":"2026-03-04T09:15:02.118340Z",' +
  '"not_before":"2026-03-04T09:22:31.000Z","not_after":"2026-03-04T09:22:41.000Z","observed_via":"get"}'

describe('encodeBody', () => {
  test("writes CloudEvents exactly as the contract's example", () => {
    expect(encodeBody('cloudevents', event)).toEqual({
      contentType: 'application/cloudevents+json; charset=utf-8',
      body:
        '{"specversion":"1.0","id":"evt_0199","source":"/accounts/acme","type":"migration.completed",' +
        '"subject":"9f5b","time":"2026-03-04T09:22:41.004Z","sequence":"0000000003",' +
        `"datacontenttype":"application/json","data":${DATA}}`,
    })
  })

  test('writes the standard format with the same data', () => {
    expect(encodeBody('standard', event)).toEqual({
      contentType: 'application/json',
      body: `{"type":"migration.completed","timestamp":"2026-03-04T09:22:41.004Z","data":${DATA}}`,
    })
  })

  test('leaves out the subject of an event that has none', () => {
    const { body } = encodeBody('cloudevents', { ...event, subject: null, data: {} })

    expect(JSON.parse(body)).not.toHaveProperty('subject')
  })
})
