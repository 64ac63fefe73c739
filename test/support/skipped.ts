import type { TestCase, TestModule, TestProject, TestSuite } from 'vitest/node'

/** The last line of a run, whatever its reporters: what was skipped, and how to have it. */
export default function setup({ vitest }: TestProject): () => void {
  return () => {
    // With `-t`, all tests of other names are skipped.
    if (vitest.getGlobalTestNamePattern()) return
    const line = describeSkipped(vitest.state.getTestModules())
    if (line !== null) console.warn(`\n${line}\n`)
  }
}

/** Null where nothing was skipped. */
export function describeSkipped(modules: readonly TestModule[]): string | null {
  const wants = new Map<string, number>()
  for (const module of modules) {
    for (const test of module.children.allTests('skipped')) {
      const want = findNeed(test)
      wants.set(want, (wants.get(want) ?? 0) + 1)
    }
  }
  if (wants.size === 0) return null
  const parts = [...wants]
    .sort(([, a], [, b]) => b - a)
    .map(([want, count]) => `${count} for want of ${want}`)
  return `Skipped tests: ${parts.join(', ')}.`
}

function findNeed(test: TestCase): string {
  const result = test.result()
  if (result.state === 'skipped' && result.note) return result.note
  for (let at: TestCase | TestSuite | TestModule = test; at.type !== 'module'; at = at.parent) {
    const { needs } = at.meta()
    if (needs !== undefined) return needs
  }
  return 'something that they do not name'
}
