// node scripts/build.ts <folder>: writes src there as plain JavaScript, line for line, so that the image starts without stripping types.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const src = resolve(import.meta.dirname, '../src');
const relativeImport = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]+)\.ts\2/g;

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node scripts/build.ts <folder>');
for (const path of globSync('**/*.ts', { cwd: src })) {
  const code = stripTypeScriptTypes(readFileSync(join(src, path), 'utf8'), { mode: 'strip' });
  const target = resolve(folder, path.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, code.replaceAll(relativeImport, '$1$2$3.js$2'));
}
