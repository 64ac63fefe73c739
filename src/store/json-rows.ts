/** Rows as one JSON parameter with snake_case keys, for `jsonb_to_recordset`: batches without a limit on parameters. */
export function jsonRows(rows: readonly object[]): string {
  return JSON.stringify(rows.map(toSnakeCase), (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}

function toSnakeCase(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
  )
}
