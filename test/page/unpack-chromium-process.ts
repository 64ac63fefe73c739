import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inflate } from '@sparticuz/chromium'

// The package writes to the folder for temporary files, under fixed names: a process of its own can be given another one.
const [bin = '', folder = ''] = process.argv.slice(2)
const packed = ['chromium.br', 'fonts.tar.br', 'al2023.tar.br']
const [, fonts = ''] = await Promise.all(packed.map((name) => inflate(join(bin, name))))
// The one that comes along names folders that only its makers have.
const conf = `<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'cache')}</cachedir></fontconfig>`
await writeFile(join(fonts, 'fonts.conf'), conf)
