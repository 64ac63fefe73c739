const only = (from, allowed, why) => ({
  name: `${from}-imports-only`,
  severity: 'error',
  comment: why,
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: `^src/(${[from, ...allowed].join('|')})/` },
})
const packageOnlyIn = (name, folders) => ({
  name: `${name}-only-in-${folders.join('-and-')}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(${folders.join('|')})/` },
  to: { path: `^node_modules/${name}/` },
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
    only('runtime', ['domain'], 'mechanics know no product'),
    only('config', ['domain'], 'configuration is values'),
    only('providers', ['domain', 'runtime'], 'outward: what we poll'),
    only('hooks', ['domain', 'runtime'], 'outward: what we call'),
    only('store', ['domain', 'runtime'], 'the only folder with SQL'),
    only('embedded', ['runtime'], 'a Postgres server, nothing else'),
    only('queue', ['domain', 'runtime'], 'nothing outside knows which backend'),
    only('work', ['domain', 'runtime', 'providers', 'hooks', 'store'], 'use cases'),
    only('http', ['domain', 'runtime', 'store'], 'inward'),
    only('simulator', ['domain'], 'a provider is not part of the daemon'),
    packageOnlyIn('drizzle-orm', ['store']),
    packageOnlyIn('pg', ['store', 'queue', 'embedded']),
    packageOnlyIn('bullmq', ['queue']),
    packageOnlyIn('ioredis', ['queue']),
    packageOnlyIn('fastify', ['http', 'simulator']),
  ],
  options: { parser: 'swc', tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
}
