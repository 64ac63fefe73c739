import { newEventId } from '../../work/event-id.ts'
import { resumeByHand } from '../../work/resume-account.ts'
import { describeIdle } from '../daemon-at-work.ts'
import { EXIT, Failure } from '../exit.ts'
import { withStore } from '../open-store.ts'
import type { CommonOptions } from '../options.ts'
import type { Shell } from '../shell.ts'
import { clean } from '../text.ts'

export async function resume(shell: Shell, name: string, { json }: CommonOptions): Promise<void> {
  await withStore(shell, async ({ db, log }) => {
    const wasSuspended = await resumeByHand({ db, log, newEventId }, name)
    if (wasSuspended === null) {
      throw new Failure(EXIT.failure, `No account is called ${clean(name)}. landfall accounts lists them.`)
    }
    if (json) return shell.printJson({ account: name, state: 'active', resumed: wasSuspended })
    if (!wasSuspended) return shell.print(`Account ${name} was not suspended.`)
    const idle = await describeIdle(db, name)
    shell.print(`Account ${name} is active again, as long as its provider takes the key.`)
    if (idle !== null) shell.note(`But ${idle}.`)
  })
}
