// Without swc dependency-cruiser reads no TypeScript, finds nothing to object to, and exits 0. So: no swc, no run.
require('@swc/core').parseSync('', { syntax: 'typescript' })

/** Room -> rooms that it may import from; the table in CONTRIBUTING.md. */
const rooms = {
  domain: [],
  runtime: ['domain'],
  config: ['domain', 'runtime'],
  providers: ['domain', 'runtime'],
  hooks: ['domain', 'runtime'],
  store: ['domain', 'runtime'],
  queue: ['domain', 'runtime'],
  metrics: ['domain', 'runtime', 'store'],
  embedded: ['runtime'],
  work: ['domain', 'runtime', 'providers', 'hooks', 'store', 'metrics'],
  http: ['domain', 'runtime', 'store'],
  simulator: ['domain'],
  page: [],
}

/** Package -> the only rooms that know it. */
const homes = {
  '@bull-board': ['queue', 'http'],
  '@fastify': ['http'],
  '@preact/signals': ['page'],
  '@opentelemetry': ['runtime', 'queue'],
  bullmq: ['queue'],
  'bullmq-otel': ['queue'],
  commander: ['cli'],
  'drizzle-orm': ['store'],
  fastify: ['http'],
  ioredis: ['queue'],
  htm: ['page'],
  pg: ['store', 'queue', 'embedded'],
  preact: ['page'],
  'prom-client': ['metrics'],
  undici: ['providers', 'hooks'],
  uplot: ['page'],
  yaml: ['config'],
}

const importsOnly = ([room, allowed]) => ({
  name: `${room}-imports-only-its-rooms`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
})

const livesIn = ([name, folders]) => ({
  name: `${name}-only-in-${folders.join('-and-')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(${folders.join('|')})/` },
  to: { path: `^node_modules/(@types/)?${name}/` },
})

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-has-no-dependencies',
      severity: 'error',
      comment: 'the core decides; it never does',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    ...Object.entries(rooms).map(importsOnly),
    ...Object.entries(homes).map(livesIn),
    {
      name: 'main-only-starts-the-cli',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/cli/' },
    },
    {
      name: 'cli-only-from-main',
      severity: 'error',
      from: { pathNot: '^src/(cli/|main\\.ts$)' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'no-other-rooms',
      severity: 'error',
      comment: 'a new folder gets a line in the table first',
      from: {},
      to: { path: '^src/', pathNot: `^src/(${Object.keys(rooms).join('|')}|cli)/|^src/(daemon|jobs|main)\\.ts$` },
    },
    {
      name: 'src-runs-without-dev-dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-imports-only-src-and-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|dist|migrations-sql)/' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'default'] },
  },
}
