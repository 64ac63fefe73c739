import { v7 as uuidv7 } from 'uuid'

/** Time-ordered and unique, also over processes. */
export function newEventId(): string {
  return `evt_${uuidv7().replaceAll('-', '')}`
}
