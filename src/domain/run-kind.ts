/** What a run of a migration does: make a preview, change it, ask about it, import it. */
export const RUN_KINDS = ['generate', 'update', 'clarify', 'execute'] as const
export type RunKind = (typeof RUN_KINDS)[number]
