import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fetch } from 'undici';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { servingEnv } from '../support/env.ts';

/** What every start loads: the packages that src imports, each with those that it brings along. */
const needed: Readonly<Record<string, readonly string[]>> = {
  '@fastify/cookie': ['cookie', 'fastify-plugin'],
  '@fastify/http-proxy': [
    '@fastify/reply-from',
    'end-of-stream',
    'fast-content-type-parse',
    'fast-decode-uri-component',
    'fast-querystring',
    'once',
    'toad-cache',
    'wrappy',
    'ws',
  ],
  fastify: [
    '@fastify/error',
    '@fastify/forwarded',
    '@fastify/proxy-addr',
    'abstract-logging',
    'avvio',
    'fast-deep-equal',
    'fast-json-stringify',
    'fastq',
    'find-my-way',
    'process-warning',
    'ret',
    'reusify',
    'rfdc',
    'safe-regex2',
    'secure-json-parse',
    'semver',
  ],
  'ipaddr.js': [],
  jose: [],
  'lru-cache': [],
  'openid-client': ['oauth4webapi'],
  pino: [
    '@pinojs/redact',
    'atomic-sleep',
    'on-exit-leak-free',
    'pino-std-serializers',
    'quick-format-unescaped',
    'safe-stable-stringify',
    'sonic-boom',
    'thread-stream',
  ],
  'prom-client': ['@opentelemetry/api', 'bintrees', 'tdigest'],
  undici: [],
  zod: [],
};

const preload = new URL('../support/list-packages.ts', import.meta.url).href;

/** The packages that were loaded before the first port was opened, and those at the end, after a request. */
async function listPackages(env: Readonly<Record<string, string>>): Promise<readonly (readonly string[])[]> {
  const child = startClaimgate('serve', {
    ...servingEnv,
    NODE_OPTIONS: `--import=${preload}`,
    ...env,
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const line = await waitForLine(child, 'listening');
  const [address] = line['address'] as AddressInfo[];
  const answer = await fetch(`http://127.0.0.1:${address?.port ?? 0}/`, { headers: { accept: 'text/html' } });
  assert.notEqual(await answer.text(), '');
  child.kill('SIGTERM');
  await once(child, 'close');
  const lists = errors.split('\n').filter((text) => text.startsWith('['));
  assert.equal(lists.length, 2, errors);
  return lists.map((text) => JSON.parse(text) as string[]);
}

test('a start with the five settings loads the packages it needs and no others, all before it listens', async () => {
  const [before, after] = await listPackages({});
  const wanted = new Set([Object.keys(needed), ...Object.values(needed)].flat());
  assert.deepEqual(before, [...wanted].toSorted());
  assert.deepEqual(after, before);
});

test('the client of Redis and the parser of YAML are loaded before the first port is opened, where the settings want them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'claimgate-start-'));
  const file = join(folder, 'config.yaml');
  await writeFile(file, 'log:\n  level: info\n');
  const [before, after] = await listPackages({ PROXY_CONFIG_FILE: file, PROXY_REDIS_URL: 'redis://127.0.0.1:1' });
  await rm(folder, { recursive: true });
  assert.ok(before?.includes('@redis/client'));
  assert.ok(before?.includes('yaml'));
  assert.deepEqual(after, before);
});
