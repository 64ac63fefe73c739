import { createPlanner } from '../../src/domain/planner/planner.ts'
import { readTrace } from './trace.ts'
import { replay } from './replay.ts'
import { createSweeper, createTimers, fixed30, backoff } from './rivals.ts'

function random(seed: number) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
let g=0,n=0
for (const f of process.argv.slice(2)) {
  const trace = readTrace(f)
  const conf = { requestsPerSecond: trace.budget.requests_per_second, pageSize: trace.page_size, sweepEveryMs: 300_000, lagGoalMs: 0 }
  const all = process.env.ALL ? [['fixed', createTimers(fixed30, random(1))], ['backoff', createTimers(backoff, random(1))], ['sweep', createSweeper()]] as const : []
  for (const [n, p] of [...all, ['ours', createPlanner(conf, null, [], random(1))] as const, ['goal', createPlanner({...conf, lagGoalMs: 15000}, null, [], random(1))] as const]) {
  if (n==='goal' && !process.env.GOAL) continue
    const t=performance.now()
    const o = replay(trace, n, p)
    console.log(trace.name.padEnd(26), n.padEnd(8), o.mean.toFixed(1), o.p50.toFixed(1), o.p99.toFixed(1), o.worst.toFixed(0), 'used', o.used.toFixed(2), o.gets, o.lists, o.peak, o.peakAllowed, JSON.stringify(o.reasons), Math.round(performance.now()-t),'ms')
  }
}
