import { parseArgs } from 'node:util'

import { createPlanner } from '../../src/domain/planner/planner.ts'
import type { Planner } from '../../src/domain/planner/types.ts'
import { createRandom } from './random.ts'
import { type Outcome, replay } from './replay.ts'
import { printReport } from './report.ts'
import { createSweeper } from './rivals.ts'
import { SHAPES } from './shapes.ts'
import { backoff, createTimers, fixed30 } from './timers.ts'
import { readTrace, type Trace } from './trace.ts'
import { buildTrace, WORKLOADS } from './workloads.ts'

// usage: npm run bench:planner -- [--trace FILE]… [--shapes] [--only NAME] [--strong] [--seed N] [--json]
const { values } = parseArgs({
  options: {
    trace: { type: 'string', multiple: true },
    shapes: { type: 'boolean', default: false },
    only: { type: 'string' },
    // `fixed` and `backoff` begin with a sweep and look on behind page 1, instead of knowing only what page 1 shows.
    strong: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})

export interface TraceResult {
  readonly trace: string
  readonly outcomes: readonly Outcome[]
}

const seed = Number(values.seed)
const results: TraceResult[] = []
for (const trace of listTraces()) {
  if (values.only !== undefined && trace.name !== values.only) continue
  const result = { trace: trace.name, outcomes: replayAll(trace) }
  results.push(result)
  if (!values.json) printReport(result)
}
if (values.json) console.log(JSON.stringify(results, null, 2))
else printReport(results)

function* listTraces(): Generator<Trace> {
  if (values.trace !== undefined) for (const file of values.trace) yield readTrace(file)
  else if (values.shapes)
    for (const [index, shape] of SHAPES.entries()) yield buildTrace(shape, seed * 100 + index)
  else for (const [index, one] of WORKLOADS.entries()) yield buildTrace(one, seed * 100 + index)
}

function replayAll(trace: Trace): Outcome[] {
  const adaptive = (lagGoalMs: number): Planner =>
    createPlanner(
      {
        requestsPerSecond: trace.budget.requests_per_second,
        pageSize: trace.page_size,
        sweepEveryMs: 300_000,
        lagGoalMs,
      },
      null,
      [],
      createRandom(seed),
    )
  return [
    replay(trace, 'fixed', createTimers(fixed30, createRandom(seed), values.strong)),
    replay(trace, 'backoff', createTimers(backoff, createRandom(seed), values.strong)),
    replay(trace, 'sweep', createSweeper()),
    replay(trace, 'adaptive', adaptive(0)),
    replay(trace, 'adaptive, goal 15 s', adaptive(15_000)),
  ]
}
