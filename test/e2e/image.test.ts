import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { close, listen } from '../../examples/demo/net.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** The command of the last HEALTHCHECK, as Docker reads it. */
function readHealthCommand(): string[] {
  const dockerfile = readFileSync(resolve(root, 'Dockerfile'), 'utf8');
  const command = /^HEALTHCHECK[\s\S]*?CMD (\[.*\])$/m.exec(dockerfile)?.[1];
  return JSON.parse(command ?? '[]') as string[];
}

test('the image runs what src says: the build step leaves a working program', async (t) => {
  const folder = resolve(root, `.tmp/build-${process.pid}`);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await run(process.execPath, [resolve(root, 'scripts/build.ts'), folder], { cwd: root });
  const env = {
    PROXY_UPSTREAM_URL: 'http://127.0.0.1:3000',
    PROXY_PUBLIC_URL: 'https://app.example.com',
    PROXY_OIDC_ISSUER: 'https://id.example.com',
    PROXY_OIDC_CLIENT_ID: 'app',
    PROXY_SESSION_SECRET: randomBytes(32).toString('base64url'),
  };
  const { stdout } = await run(process.execPath, [resolve(folder, 'main.js'), 'check'], { env });
  assert.match(stdout, /configuration is valid/);
});

for (const [name, status, expected] of [
  ['passes while /healthz says so', 200, 0],
  ['fails when /healthz does', 503, 1],
] as const) {
  test(`the health check ${name}`, async (t) => {
    const asked: string[] = [];
    const server = createServer((req, res) => {
      asked.push(req.url ?? '');
      res.writeHead(status).end();
    });
    const port = await listen(server, 0);
    t.after(() => close(server));
    const [, ...args] = readHealthCommand();
    for (const address of [`127.0.0.1:${port}`, `0.0.0.0:${port}`, `:${port}`]) {
      const code = await run(process.execPath, args, { env: { PROXY_DEBUG_ADDR: address } }).then(
        () => 0,
        (error: { code: number }) => error.code,
      );
      assert.equal(code, expected, address);
    }
    assert.deepEqual(asked, ['/healthz', '/healthz', '/healthz']);
  });
}

test('the health check fails when nothing listens', async () => {
  const [, ...args] = readHealthCommand();
  await assert.rejects(run(process.execPath, args, { env: { PROXY_DEBUG_ADDR: '127.0.0.1:1' } }), { code: 1 });
});
