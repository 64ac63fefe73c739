import type { CommonOptions } from '../options.ts'

export const DELIVERY_STATES = ['pending', 'delivered', 'dead', 'held'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export interface AlterOptions extends CommonOptions {
  readonly url?: string
  readonly urlFile?: string
  readonly events?: readonly string[]
  readonly format?: string
  readonly link?: string
}

export interface AddOptions extends AlterOptions {
  readonly kind?: string
  readonly signing?: string
}

export interface RotateOptions extends CommonOptions {
  readonly overlap?: string
}

export interface DeliveriesOptions extends CommonOptions {
  readonly state?: DeliveryState
  readonly limit: number
}
