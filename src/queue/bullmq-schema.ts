import {
  assertSchemaCompatibility,
  LATEST_SCHEMA_VERSION,
  runMigrations,
  SchemaMigrationRequiredError,
} from 'bullmq'
import type { Pool, PoolClient } from 'pg'

/** Creates or updates BullMQ's own schema. Its lock makes it safe for many processes at once. */
export async function ensureBullmqSchema(pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    if ((await loadVersion(client)) < LATEST_SCHEMA_VERSION) {
      await runMigrations(client)
      await tuneAutovacuum(client)
    }
  } catch (err) {
    client.release(true)
    throw err
  }
  client.release()
}

async function loadVersion(client: PoolClient): Promise<number> {
  try {
    return await assertSchemaCompatibility(client)
  } catch (err) {
    if (err instanceof SchemaMigrationRequiredError) return 0
    throw err
  }
}

/** Rows change state in every index, so that dead ones pile up far faster than the default expects. */
async function tuneAutovacuum(client: PoolClient): Promise<void> {
  try {
    for (const table of ['job', 'event']) {
      await client.query(`alter table bullmq.${table} set (autovacuum_vacuum_scale_factor = 0.01)`)
    }
  } catch {
    // Another process did it at the same moment, or will.
  }
}
