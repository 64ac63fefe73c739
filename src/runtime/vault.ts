import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Keeps texts so that only who has the key can read them, and only for what they were sealed for. */
export interface Vault {
  /** `about` is not kept; it must be the same when the text is taken out. */
  readonly seal: (text: string, about: string) => string
  /** Null where the key is another one, the text was altered, or it was sealed for something else. */
  readonly open: (sealed: string, about: string) => string | null
}

const VERSION = 'v1.'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM under a key of 32 bytes, as base64. */
export function createVault(keyBase64: string): Vault {
  const key = Buffer.from(keyBase64, 'base64')

  function seal(text: string, about: string): string {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(Buffer.from(about))
    const hidden = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return VERSION + Buffer.concat([nonce, cipher.getAuthTag(), hidden]).toString('base64url')
  }

  function open(sealed: string, about: string): string | null {
    if (!sealed.startsWith(VERSION)) return null
    const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url')
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(about))
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    try {
      return (
        decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      )
    } catch {
      return null
    }
  }

  return { seal, open }
}
