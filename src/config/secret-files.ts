import { type Draft, filePathOf } from './draft.ts'
import { formOf } from './form.ts'
import { SECRET_KEYS } from './schema.ts'
import { type Read, tryRead } from './try-read.ts'
import type { Path } from './yaml-file.ts'

/** Puts the trimmed contents of each `…_file` in the place of the secret itself. */
export function readSecretFiles(draft: Draft, readFile: (path: Path, file: string) => string): void {
  for (const path of secretPaths(draft)) {
    const filePath = filePathOf(path)
    const file = draft.at(filePath)
    if (file === undefined) continue

    const where = draft.nameOf(filePath)
    draft.remove(filePath)
    if (draft.at(path) !== undefined) {
      draft.report(path, `is set, and so is ${where}; expected only one of them`)
    } else if (typeof file !== 'string') {
      draft.report(path, `is ${formOf(file, true)}; expected the path of a file`, filePath)
    } else {
      putContents(draft, path, { where, file, read: tryRead(() => readFile(filePath, file)) })
    }
  }
}

interface SecretFile {
  readonly where: string
  readonly file: string
  readonly read: Read
}

function putContents(draft: Draft, path: Path, { where, file, read }: SecretFile): void {
  const contents = read.kind === 'text' ? read.text.trim() : ''
  draft.set(path, contents, contents === '' ? where : `${where} (the contents of ${file})`)
  if (read.kind === 'unreadable') draft.report(path, `names ${file}, which ${read.reason}`)
  else if (contents === '') draft.report(path, `names ${file}, which is empty; expected the secret in it`)
}

function secretPaths(draft: Draft): Path[] {
  const inLists = (['accounts', 'hooks'] as const).flatMap((list) =>
    draft.entries(list).flatMap(({ path }) => SECRET_KEYS[list].map((key) => [...path, key])),
  )
  return [...SECRET_KEYS.daemon.map((key) => [key]), ...inLists]
}
