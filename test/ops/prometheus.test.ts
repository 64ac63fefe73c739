import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'

import { createExposition } from '../../src/metrics/exposition.ts'
import { createMeter } from '../../src/metrics/meter.ts'
import { log } from '../support/account.ts'
import { needs } from '../support/needs.ts'
import { hasPromtool, NEEDS_PROMTOOL, promtool } from '../support/promtool.ts'
import { targets } from './dashboards.ts'

const RULES = 'ops/prometheus/rules.yml'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook_url: string }
}

const alerts = parse(readFileSync(RULES, 'utf8')).groups.flatMap(
  ({ rules }: { rules: Alert[] }) => rules,
) as Alert[]
const queries = targets.flatMap(({ expr, panel }) => (expr === undefined ? [] : [{ expr, panel }]))

/** What can be asked for: the names that the metrics' samples have. */
let known: Set<string>
/** Those of Landfall itself, by the names that they are described under. */
let ours: string[]
beforeAll(async () => {
  const scrape = createExposition({
    registry: createMeter({ accounts: [], hooks: [] }).registry,
    accounts: [],
    loadFacts: () => Promise.reject(new Error('no database')),
    countWaiting: async () => [],
    expectLags: () => [],
    log,
  })
  const types = [...(await scrape(undefined)).body.matchAll(/^# TYPE (\w+) (\w+)$/gm)]
  ours = types.map(([, name = '']) => name).filter((name) => name.startsWith('landfall_'))
  known = new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    ),
  )
})

function expectKnown(expr: string, of: string): void {
  const names = expr.match(/\b(landfall|nodejs|process)_\w+/g) ?? []
  for (const name of names) expect(known, of).toContain(name)
}

describe('the alerts', () => {
  test('ask for metrics that there are', () => {
    expect(alerts.length).toBeGreaterThan(10)
    for (const { alert, expr } of alerts) expectKnown(expr, alert)
  })

  test.each(alerts)('$alert: the documentation says what to do', ({ alert, annotations }) => {
    const [file = '', anchor] = annotations.runbook_url.split('#')
    const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(' ', '-'),
    )
    expect(headings).toContain(anchor)
    expect(anchor).toBe(alert.toLowerCase())
  })
})

test('the panels on Prometheus ask for metrics that there are', () => {
  expect(queries.length).toBeGreaterThan(20)
  for (const { expr, panel } of queries) expectKnown(expr, panel)
})

test('every metric is documented, and none that there is not', () => {
  const text = readFileSync('docs/operating.md', 'utf8')
  const documented = [...text.matchAll(/^\| `(landfall_\w+)`/gm)].map(([, name]) => name)
  expect(documented.sort()).toEqual(ours.sort())
})

describe('promtool', needs(NEEDS_PROMTOOL, hasPromtool), () => {
  test('has nothing to object to in the rules', () => {
    expect(promtool(['check', 'rules', RULES])).toMatchObject({ ok: true })
    expect(promtool(['check', 'config', '--syntax-only', 'ops/prometheus/prometheus.yml'])).toMatchObject({
      ok: true,
    })
  })

  test('sees them fire when they should, and not otherwise', () => {
    const { ok, output } = promtool(['test', 'rules', 'ops/prometheus/rules.test.yml'])
    expect(ok, output).toBe(true)
  })

  test('understands what the panels ask', () => {
    const folder = mkdtempSync(join(tmpdir(), 'landfall-rules-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const rules = queries.map(({ expr }, n) => ({
      record: `panel:${n}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$account', 'acme'),
    }))
    const file = join(folder, 'panels.yml')
    writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }))
    const { ok, output } = promtool(['check', 'rules', file])
    expect(ok, output).toBe(true)
  })
})
