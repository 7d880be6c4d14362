import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fetch, request } from 'undici';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { minimalEnv } from '../support/env.ts';

async function finish(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, out, err };
}

const local = { PROXY_HTTP_ADDR: '127.0.0.1:0', PROXY_DEBUG_ADDR: '127.0.0.1:0', PROXY_SHUTDOWN_WAIT: '0' };

test('serve starts without its provider, prints the redirect URI, answers on the admin port and ends in order', async () => {
  const child = startClaimgate('serve', {
    ...minimalEnv,
    ...local,
    PROXY_OIDC_ISSUER: 'http://127.0.0.1:1',
    PROXY_PUBLIC_URL: 'https://app.example.com',
  });
  const line = await waitForLine(child, 'listening');
  assert.equal(line['redirect_uri'], 'https://app.example.com/oauth2/callback');
  const admin = `http://127.0.0.1:${(line['admin'] as AddressInfo).port}`;
  assert.equal((await fetch(`${admin}/healthz`)).status, 200);
  assert.equal((await fetch(`${admin}/readyz`)).status, 200);
  assert.match(await (await fetch(`${admin}/metrics`)).text(), /claimgate_provider_ready/);
  assert.equal((await fetch(`${admin}/other`)).status, 404);
  assert.equal((await fetch(`${admin}/metrics`, { method: 'POST' })).status, 405);
  child.kill('SIGTERM');
  await once(child, 'exit');
  assert.equal(child.exitCode, 0);
});

test('on SIGTERM readiness fails while requests in flight are still answered', async () => {
  const { promise: arrived, resolve: release } = Promise.withResolvers<void>();
  const held: (() => void)[] = [];
  const upstream = createServer((_req, res) => {
    held.push(() => res.end('done'));
    release();
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const child = startClaimgate('serve', {
    ...minimalEnv,
    ...local,
    PROXY_SHUTDOWN_WAIT: '300ms',
    PROXY_UNPROTECTED_ROUTES: '/',
    PROXY_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
  });
  const line = await waitForLine(child, 'listening');
  const [address] = line['address'] as AddressInfo[];
  const admin = `http://127.0.0.1:${(line['admin'] as AddressInfo).port}`;
  const slow = fetch(`http://127.0.0.1:${address?.port ?? 0}/slow`, { headers: { host: 'app.example.com' } });
  await arrived;
  const stopping = waitForLine(child, 'shutting down');
  child.kill('SIGTERM');
  await stopping;
  assert.equal((await fetch(`${admin}/readyz`)).status, 503);
  assert.equal((await fetch(`${admin}/healthz`)).status, 200);
  for (const answer of held) answer();
  const answer = await slow;
  assert.equal(await answer.text(), 'done');
  await once(child, 'exit');
  assert.equal(child.exitCode, 0);
  upstream.closeAllConnections();
  upstream.close();
});

test('SIGUSR2 is the first step of the end alone: readiness fails, every answer closes its connection, and requests go on', async () => {
  const upstream = createServer((_req, res) => res.end('served'));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const child = startClaimgate('serve', {
    ...minimalEnv,
    ...local,
    PROXY_UNPROTECTED_ROUTES: '/open',
    PROXY_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
  });
  const line = await waitForLine(child, 'listening');
  const [address] = line['address'] as AddressInfo[];
  const admin = `http://127.0.0.1:${(line['admin'] as AddressInfo).port}`;
  const get = (path: string) =>
    request(`http://127.0.0.1:${address?.port ?? 0}${path}`, { headers: { host: 'app.example.com' } });
  assert.equal((await get('/open')).headers['connection'], 'keep-alive');
  const draining = waitForLine(child, 'draining');
  child.kill('SIGUSR2');
  child.kill('SIGUSR2');
  await draining;
  assert.equal((await fetch(`${admin}/readyz`)).status, 503);
  const open = await get('/open');
  assert.equal(await open.body.text(), 'served');
  assert.equal(open.headers['connection'], 'close');
  const refused = await get('/closed');
  assert.equal(refused.statusCode, 401);
  assert.equal(refused.headers['connection'], 'close');
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
  const gone = await get('/open');
  assert.equal(gone.statusCode, 503);
  assert.equal(gone.headers['retry-after'], '0');
  assert.equal(gone.headers['connection'], 'close');
  assert.deepEqual(Object.keys((await gone.body.json()) as object), ['error', 'error_description', 'request_id']);
  child.kill('SIGTERM');
  await once(child, 'exit');
  assert.equal(child.exitCode, 0);
});

test('a wrong configuration ends with 1 and one sentence a problem, on standard error', async () => {
  const { code, out, err } = await finish(
    startClaimgate('serve', { ...minimalEnv, PROXY_LOG_LEVEL: 'loud', PROXY_USER_OIDC_CLAM: 'x' }),
  );
  assert.equal(code, 1);
  assert.equal(out, '');
  assert.match(err, /PROXY_LOG_LEVEL must be one of error, warn, info, debug/);
  assert.match(err, /PROXY_USER_OIDC_CLAM is not a setting; did you mean PROXY_USER_OIDC_CLAIM\?/);
});

test('config print shows what holds and where it comes from, and no secret', async () => {
  const { code, out } = await finish(startClaimgate('config print', minimalEnv));
  assert.equal(code, 0);
  assert.match(out, /issuer: https:\/\/id\.example\.com # environment: PROXY_OIDC_ISSUER/);
  assert.match(out, /secret: \(set\)/);
  assert.ok(!out.includes(minimalEnv['PROXY_SESSION_SECRET'] ?? ''));
  assert.equal((await finish(startClaimgate('config', minimalEnv))).code, 2);
});

test('check says that a configuration is valid, and finds rules that are not', async () => {
  const good = await finish(startClaimgate('check', minimalEnv));
  assert.equal(good.code, 0);
  assert.match(good.out, /The configuration is valid/);
  const bad = await finish(startClaimgate('check', { ...minimalEnv, PROXY_UNPROTECTED_ROUTES: 'no-slash' }));
  assert.equal(bad.code, 1);
  assert.match(bad.err, /path/);
});

test('keygen prints a secret that is accepted', async () => {
  const { out } = await finish(startClaimgate('keygen', {}));
  const { code } = await finish(startClaimgate('check', { ...minimalEnv, PROXY_SESSION_SECRET: out.trim() }));
  assert.equal(code, 0);
});

test('an unknown command prints the usage', async () => {
  const { code, err } = await finish(startClaimgate('explode', {}));
  assert.equal(code, 2);
  assert.match(err, /usage: claimgate/);
});

test('check and explain judge by the rules in the file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'claimgate-'));
  after(() => rm(directory, { recursive: true }));
  const file = join(directory, 'claimgate.yaml');
  const env = { ...minimalEnv, PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'roles', PROXY_CONFIG_FILE: file };
  const rules = 'rules:\n  - {path: /admin, roles: [admin]}\n  - {path: /admin/x, roles: [user]}\n';
  await writeFile(file, `${rules}examples:\n  - {who: cara, roles: [user], request: GET /admin/x, expect: allow}\n`);
  const wrong = await finish(startClaimgate('check', env));
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /examples\[0\] expects allow for GET \/admin\/x by cara, but rules\[0\] \/admin gives deny/);
  const start = await finish(startClaimgate('serve', { ...env, ...local }));
  assert.equal(start.code, 1);
  assert.match(start.err, /examples\[0\] expects allow/);
  const explained = await finish(startClaimgate('explain', env, ['--roles', 'user', 'GET', '/admin/x']));
  assert.equal(explained.code, 0, explained.err);
  assert.match(explained.out, /rule {6}rules\[0\] \/admin\ndecision {2}deny/);
  await writeFile(file, rules);
  const right = await finish(startClaimgate('check', env));
  assert.equal(right.code, 0, right.err);
  assert.match(right.out, /warn: rules\[1\] \/admin\/x never decides, because rules\[0\] \/admin covers/);
  const unclear = await finish(startClaimgate('explain', env, ['GET']));
  assert.equal(unclear.code, 2);
  assert.match(unclear.err, /give a method and a path/);
});
