import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { sendProblem } from './problem.ts'

interface Asset {
  readonly type: string
  readonly body: Buffer
  /** Made when first asked for. */
  packed?: Promise<Buffer>
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** What the page imports by name, and where browsers find it. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@preact/signals': '@preact/signals',
  '@preact/signals-core': '@preact/signals-core',
  htm: 'htm',
  preact: 'preact',
  'preact/hooks': 'preact/hooks',
  uplot: 'uplot/dist/uPlot.iife.min.js',
}

const pack = promisify(gzip)
const root = new URL('../page/', import.meta.url)

/** The web page: a few files that are read once, and nothing beside them. It asks the API for all it shows. */
export function addPage(app: FastifyInstance, basePath: string): void {
  const assets = readAssets()
  const base = `assets/${versionOf(assets)}`
  const imports = importMap(base)
  const index = readFileSync(new URL('index.html', root), 'utf8')
    .replaceAll('{{assets}}', base)
    .replace(
      '<!-- imports -->',
      `<script type="importmap">${imports}</script>\n    ${preloads(base, assets)}`,
    )
  const page: Asset = { type: 'text/html; charset=utf-8', body: Buffer.from(index) }
  const etag = `"${digest('base64url', page.body)}"`
  const policy = policyFor(imports)

  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    // All addresses in it are relative: without the slash they would lead beside the base path.
    if (basePath !== '' && /^[^?]*/.exec(request.originalUrl)?.[0] === basePath) {
      return reply.redirect(`${basePath}/`, 308)
    }
    void reply.headers({ ...policy, etag, 'cache-control': 'no-cache' })
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : send(request, reply, page)
  })
  app.get<{ Params: { '*': string } }>(`/${base}/*`, { schema: { hide: true } }, async (request, reply) => {
    const asset = assets.get(request.params['*'])
    if (asset === undefined) return sendProblem(reply, 404)
    // The version is in the address: other contents, other address.
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    return send(request, reply, asset)
  })
}

async function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): Promise<FastifyReply> {
  void reply.type(asset.type).header('vary', 'accept-encoding')
  if (!/\bgzip\b(?!\s*;\s*q=0(?![.\d]*[1-9]))/.test(request.headers['accept-encoding'] ?? ''))
    return reply.send(asset.body)
  asset.packed ??= pack(asset.body, { level: 9 })
  return reply.header('content-encoding', 'gzip').send(await asset.packed)
}

/** By their path below the version. */
function readAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>()
  const add = (path: string, file: URL) => {
    const type = TYPES[extname(file.pathname)]
    if (type !== undefined) assets.set(path, { type, body: asModule(path, readFileSync(file)) })
  }
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = relative(fileURLToPath(root), `${entry.parentPath}/${entry.name}`).replaceAll('\\', '/')
    add(path, new URL(path, root))
  }
  for (const [name, specifier] of Object.entries(PACKAGES))
    add(vendorPath(name), new URL(import.meta.resolve(specifier)))
  add('vendor/uplot.css', new URL(import.meta.resolve('uplot/dist/uPlot.min.css')))
  return assets
}

/** Minified, as half of its size, uPlot comes only as a script with a variable. */
function asModule(path: string, body: Buffer): Buffer {
  return path === vendorPath('uplot') ? Buffer.concat([body, Buffer.from('\nexport default uPlot')]) : body
}

const vendorPath = (name: string) => `vendor/${name}.js`

function importMap(base: string): string {
  const imports = Object.keys(PACKAGES).map((name) => [name, `./${base}/${vendorPath(name)}`])
  return JSON.stringify({ imports: Object.fromEntries(imports) })
}

/** All at once, not one import after another; charts come later, for they are large and below the rest. */
function preloads(base: string, assets: ReadonlyMap<string, Asset>): string {
  const later = new Set([vendorPath('uplot'), 'drawing.js', 'theme.js'])
  const modules = [...assets.keys()].filter((path) => path.endsWith('.js') && !later.has(path))
  return modules.map((path) => `<link rel="modulepreload" href="${base}/${path}" />`).join('\n    ')
}

/** Only what is served here runs here, and nobody frames it. */
function policyFor(imports: string): Readonly<Record<string, string>> {
  const policy = [
    `default-src 'none'`,
    `script-src 'self' 'sha256-${digest('base64', imports)}'`,
    `style-src 'self'`,
    `img-src 'self'`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ]
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }
}

function versionOf(assets: ReadonlyMap<string, Asset>): string {
  const all = [...assets].map(([path, { body }]) => `${path} ${digest('base64url', body)}`)
  return digest('base64url', all.join('\n')).slice(0, 12)
}

function digest(encoding: 'base64' | 'base64url', content: string | Buffer): string {
  return createHash('sha256').update(content).digest(encoding)
}
