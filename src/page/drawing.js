import './language.js'

import UPlot from 'uplot'

/** @import { ChartProps } from './parts/chart.js' */
/** @typedef {{ show: (props: ChartProps) => void, remove: () => void }} Drawing */

const HEIGHT = 180

/**
 * @param {HTMLElement} place
 * @param {ChartProps} props
 * @param {(index: number | null) => void} onHover
 * @returns {Drawing}
 */
export function draw(place, props, onHover) {
  const plot = new UPlot(optionsFor(place, props, onHover), dataOf(props), place)
  const resizing = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }))
  resizing.observe(place)
  return {
    show: (newer) => plot.setData(dataOf(newer)),
    remove: () => {
      resizing.disconnect()
      plot.destroy()
    },
  }
}

/** Bars are stacked from the last line up, and drawn from the tallest sum down. @returns {any} */
function dataOf(/** @type {ChartProps} */ { at, lines, kind }) {
  const x = at.map((moment) => Date.parse(moment) / 1_000)
  if (kind === 'lines') return [x, ...lines.map(({ values }) => [...values])]
  const sums = lines.map((_, index) =>
    at.map((_, column) => lines.slice(index).reduce((sum, { values }) => sum + (values[column] ?? 0), 0)),
  )
  return [x, ...sums]
}

/**
 * @param {HTMLElement} place
 * @param {ChartProps} props
 * @param {(index: number | null) => void} onHover
 * @returns {any}
 */
function optionsFor(place, props, onHover) {
  const color = (/** @type {string} */ name) => colorIn(place, name)
  const axis = {
    stroke: color('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: place.clientWidth,
    height: HEIGHT,
    tzDate: (/** @type {number} */ seconds) => UPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { y: false, points: { show: props.kind === 'lines' }, drag: { x: false, y: false } },
    hooks: { setCursor: [(/** @type {any} */ { cursor }) => onHover(cursor.idx ?? null)] },
    scales: {
      x: { range: rangeOfX(props) },
      y: {
        range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ max) => [
          0,
          max > 0 ? max * 1.1 : 1,
        ],
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 64,
        size: 28,
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) =>
          splits.map((split) => tickName(split, props.step)),
      },
      {
        ...axis,
        size: 56,
        space: 36,
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) =>
          splits.map((split) => (isWhole(split, props) ? props.format(split) : '')),
      },
    ],
    series: [{}, ...props.lines.map((line) => seriesFor(line, props.kind, color(line.color)))],
  }
}

/** Half a step of room for the first and the last bar. */
function rangeOfX(/** @type {ChartProps} */ { step, kind }) {
  const half = kind === 'bars' ? (step === 'day' ? 43_200 : 1_800) : 0
  return (/** @type {any} */ _, /** @type {number} */ min, /** @type {number} */ max) => [
    min - half,
    max + half,
  ]
}

/** There is no half of a migration. */
function isWhole(/** @type {number} */ split, /** @type {ChartProps} */ { kind }) {
  return kind === 'lines' || Number.isInteger(split)
}

function tickName(/** @type {number} */ seconds, /** @type {'day' | 'hour'} */ step) {
  const date = new Date(seconds * 1_000)
  if (step === 'hour' && date.getUTCHours() !== 0) return date.toISOString().slice(11, 16)
  return date.toLocaleDateString('en', { day: 'numeric', month: 'short', timeZone: 'UTC' })
}

/**
 * @param {import('./parts/chart.js').Line} line
 * @param {ChartProps['kind']} kind
 * @param {string} color
 */
function seriesFor({ isDashed = false }, kind, color) {
  if (kind === 'bars')
    return { fill: color, width: 0, points: { show: false }, paths: UPlot.paths.bars?.({ size: [0.7, 32] }) }
  return {
    stroke: color,
    width: 2,
    dash: isDashed ? [5, 4] : [],
    points: { show: true, size: 4, fill: color },
    spanGaps: false,
  }
}

/** The canvas knows no custom properties. */
function colorIn(/** @type {HTMLElement} */ place, /** @type {string} */ name) {
  place.style.color = `var(${name})`
  return getComputedStyle(place).color
}
