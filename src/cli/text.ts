import { stripVTControlCharacters } from 'node:util'

/** What steers a terminal or turns the direction of its text. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
/** Those that JSON does not escape by itself. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Somebody else's text as one line that does nothing to a terminal. */
export function clean(text: string): string {
  return stripVTControlCharacters(text.toWellFormed()).replace(/\s+/g, ' ').replace(CONTROLS, '').trim()
}

/** JSON that does nothing to a terminal either, and reads back as the same value. */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Columns that a clean text takes in a terminal. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u

function columnsOf(character: string): number {
  if (/\p{Mn}|\p{Me}|\u200d|\ufe0f/u.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** At most `width` columns: an ellipsis stands for what was cut out of the middle. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  if (width <= 1) return '…'.slice(0, Math.max(0, width))
  const tail = Math.floor((width - 1) / 2)
  return `${take(text, width - 1 - tail)}…${takeLast(text, tail)}`
}

/** At most `width` columns, without its end. */
export function cutEnd(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return width < 1 ? '' : `${take(text, width - 1)}…`
}

function take(text: string, width: number): string {
  let taken = ''
  let left = width
  for (const character of text) {
    left -= columnsOf(character)
    if (left < 0) break
    taken += character
  }
  return taken
}

function takeLast(text: string, width: number): string {
  const reversed = [...text].reverse().join('')
  return [...take(reversed, width)].reverse().join('')
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

/** `1 migration`, `2 migrations` */
export function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`
}
