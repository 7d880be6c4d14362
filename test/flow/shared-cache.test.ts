import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startApp, type TestApp } from '../support/app.ts';
import { within } from '../support/deadline.ts';
import { navigation } from '../support/browser.ts';

const binary = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path));
const skip = binary === undefined && 'nginx is not installed';
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Answer {
  readonly status: number;
  readonly cache: string;
  readonly text: string;
}

/** nginx with a cache that keeps whatever it may, in front of the product. */
async function startCache(app: TestApp): Promise<(cookie: string) => Promise<Answer>> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-nginx-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
events {}
http {
  access_log off; ${temporary.join(' ')}
  proxy_cache_path ${folder}/cache keys_zone=all:1m;
  server {
    listen unix:${folder}/socket;
    location / {
      proxy_pass http://127.0.0.1:${app.port};
      proxy_set_header Host app.example.com;
      proxy_cache all; proxy_cache_valid any 1m;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}
`,
  );
  const child = spawn(binary ?? '', ['-p', folder, '-e', join(folder, 'log'), '-c', join(folder, 'nginx.conf')], {
    stdio: 'ignore',
  });
  children.push(child);
  const socketPath = join(folder, 'socket');

  function ask(cookie: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { socketPath, path: '/reports', headers: { ...navigation, ...(cookie === '' ? {} : { cookie }) } },
        (res) => {
          let text = '';
          res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          res.on('end', () => resolve({ status: res.statusCode ?? 0, cache: String(res.headers['x-cache']), text }));
        },
      );
      sent.on('error', reject).end();
    });
  }

  const ready = async (): Promise<void> => {
    while (!existsSync(socketPath)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await within(ready(), 'nginx');
  return ask;
}

async function start(env: Readonly<Record<string, string>>) {
  const app = await startApp({ env });
  const name = '__Host-claimgate';
  const cookieOf = async (user: string): Promise<string> =>
    `${name}=${(await app.signIn(user)).findCookie(name) ?? ''}`;
  return { app, ask: await startCache(app), anna: await cookieOf('anna'), cara: await cookieOf('cara') };
}

test('threat 98: a cache in front gives nobody the page of somebody else', { skip }, async () => {
  const { app, ask, anna, cara } = await start({});
  for (const cookie of [anna, cara, anna]) {
    const { status, cache } = await ask(cookie);
    assert.deepEqual([status, cache], [200, 'MISS']);
  }
  assert.deepEqual(
    app.received.filter(({ target }) => target === '/reports').map(({ headers }) => headers['x-forwarded-user']),
    ['anna', 'cara', 'anna'],
  );
  assert.equal((await ask('')).status, 302);
});

test('with PROXY_PRIVATE_RESPONSES=off the same cache does, so the header is what keeps it', { skip }, async () => {
  const { ask, anna } = await start({ PROXY_PRIVATE_RESPONSES: 'off' });
  assert.equal((await ask(anna)).status, 200);
  const { status, cache } = await ask('');
  assert.deepEqual([status, cache], [200, 'HIT']);
});

test('threat 99: a cache in front keeps no redirect to the sign-in', { skip }, async () => {
  const { ask, anna } = await start({});
  assert.equal((await ask('')).status, 302);
  const again = await ask('');
  assert.deepEqual([again.status, again.cache], [302, 'MISS']);
  assert.equal((await ask(anna)).status, 200);
});
