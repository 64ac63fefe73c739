import { pino } from 'pino'
import { startDaemon } from '../../src/daemon.ts'
import type { ProcessSetup, Told } from './daemon-child.ts'

// A daemon in a process of its own, as `startDaemonChild` wants it: tells when it is ready, drains on SIGTERM.
const { config, logLevel } = JSON.parse(process.env['LANDFALL_TEST_DAEMON'] ?? '') as ProcessSetup
const log = pino({ level: logLevel }, pino.destination(2))

const tell = (told: Told): void => void process.send?.(told)

// Its absence is part of what is tested: nothing may end the process but a signal.
process.on('unhandledRejection', (err) => {
  throw err
})
process.on('message', () => {
  globalThis.gc?.()
  tell({ kind: 'memory', ...process.memoryUsage() })
})

const starting = startDaemon({ ...config, roles: new Set(config.roles) }, log, (err) => {
  throw err
})
process.once('SIGTERM', () => {
  void starting.then(async (daemon) => {
    await daemon.stop()
    process.disconnect()
    // Whatever should keep the process alive now would be a leak, and shows as a kill by the test.
  })
})
const { databaseUrl, url } = await starting
tell({ kind: 'ready', databaseUrl, url })
