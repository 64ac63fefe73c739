import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findFreePort } from './free-port.ts'
import { waitFor } from './wait-for.ts'

/** Debian's packages have them; tests that need one that is not installed are skipped. */
export const REVERSE_PROXIES = ['nginx', 'haproxy', 'caddy'] as const
export type ReverseProxyKind = (typeof REVERSE_PROXIES)[number]

export interface ReverseProxy {
  readonly url: string
  stop(): Promise<void>
}

export interface ReverseProxyOptions {
  readonly kind: ReverseProxyKind
  /** The port of the server behind it. */
  readonly upstream: number
  /** Default: any free one. */
  readonly port?: number
  /** nginx: what stands in `server`; Caddy: what stands in the site. Default: proxy everything, and nothing else. */
  readonly rules?: string
}

/** Debian's nginx lies in a folder that is not on the PATH of every user. */
const ENV = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }

export function hasReverseProxy(kind: ReverseProxyKind): boolean {
  return spawnSync(kind, [kind === 'caddy' ? 'version' : '-v'], { env: ENV }).status === 0
}

/** A reverse proxy with the settings it has where nobody says otherwise. */
export async function startReverseProxy(options: ReverseProxyOptions): Promise<ReverseProxy> {
  const { kind } = options
  const dir = mkdtempSync(join(tmpdir(), `landfall-${kind}-`))
  const port = options.port ?? (await findFreePort())
  const file = join(dir, 'config')
  writeFileSync(file, CONFIGS[kind]({ ...options, dir, port }))
  const env = { ...ENV, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }
  const child = spawn(kind, ARGS[kind](file), { env, stdio: 'ignore' })
  const exited = once(child, 'exit')
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)

  async function stop(): Promise<void> {
    process.removeListener('exit', killWithUs)
    child.kill('SIGTERM')
    await exited
    rmSync(dir, { recursive: true, force: true })
  }

  await waitFor(() => isListening(port), { what: `${kind} to listen` }).catch(async (err: unknown) => {
    await stop()
    throw err
  })
  return { url: `http://127.0.0.1:${port}`, stop }
}

const ARGS: Record<ReverseProxyKind, (file: string) => string[]> = {
  nginx: (file) => ['-e', 'stderr', '-c', file],
  haproxy: (file) => ['-db', '-f', file],
  caddy: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
}

interface Place extends ReverseProxyOptions {
  readonly dir: string
  readonly port: number
}

const CONFIGS: Record<ReverseProxyKind, (place: Place) => string> = {
  nginx: configureNginx,
  haproxy: configureHaproxy,
  caddy: configureCaddy,
}

function configureNginx({ dir, port, upstream, rules }: Place): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return [
    `daemon off; pid ${dir}/pid; error_log stderr crit; events {}`,
    'http { access_log off;',
    ...places.map((place) => `${place}_temp_path ${dir}/${place};`),
    `server { listen 127.0.0.1:${port};`,
    rules ?? `location / { proxy_pass http://127.0.0.1:${upstream}; }`,
    '} }',
  ].join('\n')
}

/** With the timeouts of Debian's /etc/haproxy/haproxy.cfg. */
function configureHaproxy({ port, upstream }: Place): string {
  return [
    'defaults',
    'mode http',
    'timeout connect 5000',
    'timeout client 50000',
    'timeout server 50000',
    'listen landfall',
    `bind 127.0.0.1:${port}`,
    `server one 127.0.0.1:${upstream}`,
    '',
  ].join('\n')
}

function configureCaddy({ port, upstream, rules }: Place): string {
  const site = `http://127.0.0.1:${port} {\n${rules ?? `reverse_proxy 127.0.0.1:${upstream}`}\n}\n`
  return `{\nadmin off\n}\n${site}`
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}
