import type { Column, ReportingSchema, Thing } from './reporting-schema.ts'

/** The text of `docs/reporting.md`. Whatever it says of a view or column is that one's comment in the database. */
export function describeReporting({ comment, things }: ReportingSchema): string {
  const ofKind = (kind: Thing['kind']) => things.filter((thing) => thing.kind === kind)
  return [
    INTRODUCTION,
    `${comment ?? ''}\n`,
    ...ofKind('view').map(describeView),
    '## Questions as of a moment\n',
    ...ofKind('function').map(describeFunction),
  ].join('\n')
}

const INTRODUCTION = `<!-- Written by \`npm run docs:reporting\` from the comments in migrations-sql/0001_reporting.sql. -->

# The reporting schema

Views and functions in schema \`reporting\`, granted to role \`landfall_reader\`. Their names, columns, types and meanings are
public interface. Everything else in the database is Landfall's own business.

Give a dashboard's user the role: \`grant landfall_reader to grafana;\` It may read this schema and nothing else. How fast
the views answer, and how they are kept, is told in [reporting-speed.md](reporting-speed.md). Statuses and phases of each
provider: [providers.md](providers.md).
`

function describeView({ name, comment, columns }: Thing): string {
  return `## ${name}\n\n${comment ?? ''}\n\n| column | type | meaning |\n| --- | --- | --- |\n${columns.map(lineOf).join('\n')}\n`
}

function lineOf({ name, type, comment }: Column): string {
  return `| \`${name}\` | ${shorten(type)} | ${(comment ?? '').replaceAll('|', '\\|')} |`
}

function describeFunction({ name, parameters, comment, columns }: Thing): string {
  const returned = columns.map((column) => `\`${column.name}\` ${shorten(column.type)}`).join(', ')
  return `### ${name}(${shorten(parameters)})\n\n${comment ?? ''}\n\nReturns rows of ${returned}.\n`
}

function shorten(type: string): string {
  return type.replaceAll('timestamp with time zone', 'timestamptz').replaceAll('double precision', 'float8')
}
