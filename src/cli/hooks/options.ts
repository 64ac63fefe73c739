import type { CommonOptions } from '../options.ts'

export const DELIVERY_STATES = ['pending', 'delivered', 'dead', 'held'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export interface DeliveriesOptions extends CommonOptions {
  readonly state?: DeliveryState
  readonly limit: number
}
