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
    const was = await resumeByHand({ db, log, newEventId }, name)
    if (was === null) {
      throw new Failure(EXIT.failure, `No account is called ${clean(name)}. landfall accounts lists them.`)
    }
    const resumed = was.suspended || was.paused
    if (json) return shell.printJson({ account: name, state: 'active', resumed })
    if (!resumed) return shell.print(`Account ${name} was neither suspended nor waiting.`)
    const idle = await describeIdle(db, name)
    if (was.suspended) shell.print(`Account ${name} is active again, as long as its provider takes the key.`)
    else shell.print(`Account ${name} waits no longer, unless its provider asks it to again.`)
    if (idle !== null) shell.note(`But ${idle}.`)
  })
}
