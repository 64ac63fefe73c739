import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import type {} from './services.ts'

export interface TestDatabase {
  readonly url: string
  /** Cuts off whoever is still connected. */
  drop(): Promise<void>
}

/** A fresh, empty database on the server that all test files share. */
export const createDatabase = (): Promise<TestDatabase> => copyDatabase('template1')

/** One with the schema as Landfall makes it. */
export const createSchemaDatabase = (): Promise<TestDatabase> => copyDatabase(inject('templateDatabase'))

async function copyDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await execute(`create database ${name} template ${template}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = name
  return { url: url.href, drop: () => execute(`drop database if exists ${name} with (force)`) }
}

async function execute(statement: string): Promise<void> {
  const client = new pg.Client(inject('postgresUrl'))
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
