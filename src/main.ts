#!/usr/bin/env node
import { runCli } from './cli/run.ts'
import { createShell } from './cli/shell.ts'

await runCli(process.argv.slice(2), createShell(process))
