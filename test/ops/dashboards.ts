import { readdirSync, readFileSync } from 'node:fs'

interface Target {
  readonly datasource: { readonly uid: string }
  /** To Postgres. */
  readonly rawSql?: string
  /** To Prometheus. */
  readonly expr?: string
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
}

interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly { readonly query: string; readonly datasource: { uid: string } }[]
  }
}

const FOLDER = 'ops/grafana/dashboards'

/** Those that are shipped. */
export const dashboards = readdirSync(FOLDER).map(
  (name) => JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Dashboard,
)

export const targets = dashboards.flatMap(({ title, panels }) =>
  panels.flatMap((panel) =>
    (panel.targets ?? []).map((target) => ({ ...target, panel: `${title}: ${panel.title}` })),
  ),
)
