import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildOther, mark } from '../../scripts/image/other.ts';
import { image } from './container.ts';

/** Paths of the files of Claimgate. */
const list = (folder: string) =>
  globSync('app/**', { cwd: folder, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(folder.length))
    .toSorted();

const read = (folder: string) => list(folder).map((path) => [path, readFileSync(join(folder, path), 'latin1')]);

test('the image for another processor is built without running anything of it, and only Node and its libraries differ', () => {
  const files = buildOther(`docker.io/library/${image.base.replace(/@.*$/, '')}`);
  assert.equal(readFileSync(join(files, 'usr/local/bin/node'), 'utf8'), mark);
  const libraries = globSync('lib/*', { cwd: files });
  assert.equal(libraries.length, 7);
  for (const name of libraries) assert.equal(readFileSync(join(files, name), 'utf8'), mark);
  assert.deepEqual(read(files), read(image.files));
});
