import { spawnSync } from 'node:child_process'

export const NEEDS_PROMTOOL = "promtool (Debian's package prometheus)"

/** Debian's package `prometheus` has it; tests that need it are skipped where it is not installed. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0

/** What it printed, and whether it found nothing to object to. */
export function promtool(args: readonly string[], input = ''): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return { ok: status === 0, output: stdout + stderr }
}
