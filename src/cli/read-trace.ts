import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { z } from 'zod'

import type { SimulatorOptions } from '../simulator/options.ts'
import { EXIT, Failure } from './exit.ts'

const migration = z.object({
  id: z.string().min(1).optional(),
  company_id: z.string().nullable().optional(),
  created_s: z.number(),
  changes: z.array(z.tuple([z.number(), z.string()])),
  deleted_s: z.number().optional(),
})

/** What a trace says about the world; what it says of pages and budgets is for whoever polls. */
const trace = z.object({
  history: z.int().min(0).optional(),
  order: z.enum(['created_desc', 'created_asc', 'random']).optional(),
  migrations: z.array(migration),
})

/** Reads a file of lives. */
export function readTrace(cwd: string, file: string): SimulatorOptions {
  const path = resolve(cwd, file)
  const parsed = trace.safeParse(parseJson(path))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.')
    throw new Failure(
      EXIT.usage,
      `--lives: ${path} is no trace: ${where}: ${issue?.message ?? 'it does not fit'}.`,
    )
  }
  const { history = 0, order = 'created_desc', migrations } = parsed.data
  const lives = migrations.map(
    ({ id, company_id: companyId, created_s: createdS, changes, deleted_s: deletedS }) => ({
      ...(id !== undefined && { id }),
      ...(companyId !== undefined && { companyId }),
      createdS,
      changes,
      ...(deletedS !== undefined && { deletedS }),
    }),
  )
  return { lives, history, order }
}

function parseJson(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (err) {
    throw new Failure(EXIT.usage, `--lives: ${path} cannot be read: ${(err as Error).message}`)
  }
  try {
    return JSON.parse(text)
  } catch (err) {
    throw new Failure(EXIT.usage, `--lives: ${path} is no JSON: ${(err as Error).message}`)
  }
}
