import { registerHooks } from 'node:module'

// Makes a client of the description of an API: generator-process.ts INPUT OUTPUT. The generator writes its code through
// the programming interface of TypeScript, which version 7 has not got yet.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'typescript' ? 'typescript-with-api' : specifier, context),
})
const { createClient } = await import('@hey-api/openapi-ts')
const [input = '', output = ''] = process.argv.slice(2)
await createClient({ input, output, logs: { level: 'silent', file: false } })
