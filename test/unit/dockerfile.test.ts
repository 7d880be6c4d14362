import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(resolve(root, path), 'utf8');

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile, continued lines joined, comments left out. */
function findInstructions(text: string): Instruction[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...rest] = line.split(' ');
      return { name, rest: rest.join(' ').trim() };
    });
}

const all = findInstructions(read('Dockerfile'));
const final = all.slice(all.findLastIndex(({ name }) => name === 'FROM') + 1);
const findAll = (name: string, of = all) => of.flatMap((found) => (found.name === name ? [found.rest] : []));

test('the base is one exact version, demanded by digest', () => {
  const image = findAll('ARG').find((arg) => arg.startsWith('NODE_IMAGE='));
  assert.match(image ?? '', /^NODE_IMAGE=node:24\.\d+\.\d+-bookworm-slim(@sha256:[0-9a-f]{64})?$/);
  const bases = findAll('FROM').map((from) => from.replace('--platform=$BUILDPLATFORM ', '').split(' ')[0]);
  assert.deepEqual(new Set(bases), new Set(['${NODE_IMAGE}', 'base', 'scratch']));
  assert.doesNotMatch(read('Dockerfile'), /:latest/);
  const firstRun = findAll('RUN')[0] ?? '';
  assert.match(firstRun, /\*@sha256:\*\)/);
  assert.match(firstRun, /exit 1/);
});

test('the container runs without rights', () => {
  assert.deepEqual(findAll('USER', final), ['65532:65532']);
  const after = final.slice(final.findIndex(({ name }) => name === 'USER') + 1);
  assert.deepEqual(findAll('RUN', after), []);
  assert.doesNotMatch(read('Dockerfile'), /--chown|chmod|\bsudo\b|setcap/);
});

test('the process is started directly, so that signals reach it', () => {
  const exec = /^\[".*"\]$/;
  assert.deepEqual(findAll('ENTRYPOINT', final), ['["node", "--max-semi-space-size=16", "dist/main.js"]']);
  assert.deepEqual(findAll('CMD', final), ['["serve"]']);
  assert.match((findAll('HEALTHCHECK', final)[0] ?? '').replace(/^.*?CMD /, ''), exec);
});

test('nothing runs on the processor it is built for, so that no other machine is needed', () => {
  const text = read('Dockerfile');
  assert.match(text, /^FROM \$\{NODE_IMAGE\} AS target\n\nFROM /m);
  assert.match(text, /^FROM --platform=\$BUILDPLATFORM \$\{NODE_IMAGE\} AS base$/m);
  assert.match(text, /^FROM scratch AS final$/m);
  assert.deepEqual(findAll('RUN', final), []);
});

test('the labels say the version and what it is built on', () => {
  const { version, license } = JSON.parse(read('package.json')) as Record<string, string>;
  const [labels = ''] = findAll('LABEL', final);
  assert.ok(labels.includes(`org.opencontainers.image.version="${version}"`));
  assert.ok(labels.includes(`org.opencontainers.image.licenses="${license}"`));
  assert.ok(labels.includes('org.opencontainers.image.base.name="${NODE_IMAGE}"'));
});

test('only production packages come in, and none of their scripts runs', () => {
  const install = findAll('RUN').find((run) => run.includes('npm '));
  assert.match(install ?? '', /^npm ci --omit=dev --omit=optional --ignore-scripts/);
});

test('no secret is part of the image', () => {
  for (const setting of [...findAll('ENV'), ...findAll('ARG')]) {
    assert.doesNotMatch(setting, /SECRET|PASSWORD|TOKEN|PROXY_/i);
  }
  const [first, ...admitted] = read('.dockerignore').trim().split('\n');
  assert.equal(first, '*', 'everything is left out but what is named');
  assert.deepEqual(admitted.toSorted(), [
    '!.npmrc',
    '!LICENSE',
    '!package-lock.json',
    '!package.json',
    '!scripts/build.ts',
    '!scripts/sbom.ts',
    '!src',
  ]);
});

test('both ports are named', () => {
  assert.deepEqual(findAll('EXPOSE', final), ['8080 9205']);
});
