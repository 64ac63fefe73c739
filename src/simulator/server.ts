import { createListener, type Listener } from './listener.ts'
import { DEFAULTS, type SimulatorOptions } from './options.ts'
import { createStage, type Stage } from './stage.ts'

/**
 * An Anon Migrations API that behaves, and misbehaves, as told. Another process steers it under `/_simulator/` with
 * `GET truth`, `GET requests`, `GET health`, `POST faults`, `POST delete` and `POST freeze`; `control.ts` has the details.
 */
export interface Simulator extends Omit<Stage, 'answer'>, Listener {}

export function createSimulator(options: SimulatorOptions = {}): Simulator {
  const settings = { ...DEFAULTS, ...options }
  const stage = createStage(settings)
  const { answer: _, ...controls } = stage
  return { ...controls, ...createListener(stage, settings) }
}
