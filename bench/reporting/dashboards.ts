import { readdirSync, readFileSync } from 'node:fs'

import { panel } from './panels.ts'
import type { Question } from './question.ts'

const FOLDER = new URL('../../ops/grafana/dashboards/', import.meta.url)

const FROM = `now() - interval '7 days'`

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly rawSql?: string }[]
  }[]
}

/** What the shipped dashboards ask of Postgres when they are opened: a week, of all accounts. */
export const DASHBOARDS: readonly Question[] = readdirSync(FOLDER).flatMap((name) => {
  const { panels } = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Dashboard
  return panels.flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ rawSql }) => (rawSql === undefined ? [] : [panel('Grafana', title, fillIn(rawSql))])),
  )
})

/** As Grafana does before it sends it. */
function fillIn(sql: string): string {
  return (
    sql
      .replace(/\$__timeFilter\(([^()]+)\)/g, `$1 between ${FROM} and now()`)
      .replace(
        /\$__timeGroupAlias\(([^,()]+), *\$__interval\)/g,
        'floor(extract(epoch from $1) / 3600) * 3600 as "time"',
      )
      .replaceAll('$__timeFrom()', `(${FROM})`)
      .replaceAll('$__timeTo()', 'now()')
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Grafana has it
      .replaceAll('${account:sqlstring}', `'account-1','account-2','account-3','account-4'`)
  )
}
