import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { startApp } from '../support/app.ts';
import { find, render, standalone } from './support/render.ts';
import { chartTest } from './support/tools.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Runs what a Pod of `helm test` would run, with other addresses. */
async function runHook(name: string, env: Readonly<Record<string, string | number>>) {
  const { command, args } = find(render(standalone), 'Pod', `rel-claimgate-test-${name}`).spec.containers[0];
  assert.equal(command[0], 'node');
  const values = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, String(value)]));
  const child = spawn(process.execPath, [...command.slice(1), ...args], { env: { ...process.env, ...values } });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, output };
}

const target = (port: number) => ({ TARGET_HOST: '127.0.0.1', TARGET_PORT: port, PUBLIC_HOST: 'app.example.com' });

/** Repeats the headers it got; as a proxy it would be a bad one. */
const echo: RequestListener = (req, res) => {
  res.end(JSON.stringify(req.headers));
};

chartTest('helm test: sign-in passes at Claimgate, and fails where nobody can sign in', async () => {
  const { port } = await startApp();
  const good = await runHook('sign-in', target(port));
  assert.equal(good.code, 0, good.output);
  const broken = await serve((_req, res) => res.writeHead(503).end());
  assert.equal((await runHook('sign-in', target(broken))).code, 1);
});

chartTest('threat 1: helm test sees forged headers that arrive, and none at Claimgate', async () => {
  const app = await startApp({
    upstreamUrl: `http://127.0.0.1:${await serve(echo)}`,
    env: { PROXY_UNPROTECTED_ROUTES: '/public' },
  });
  const good = await runHook('spoof', { ...target(app.port), ECHO_PATH: '/public' });
  assert.equal(good.code, 0, good.output);
  const bad = await runHook('spoof', target(await serve(echo)));
  assert.equal(bad.code, 1);
  assert.match(bad.output, /a forged header: it arrived/);
  const closed = await runHook('spoof', { ...target(app.port), ECHO_PATH: '/closed' });
  assert.match(closed.output, /must be a public path/);
});

chartTest('threat 131: helm test finds a way around Claimgate, and does not take silence for proof', async () => {
  const { port } = await startApp();
  const app = await serve(echo);
  const dead = await serve(echo);
  await new Promise((resolve) => servers.at(-1)?.close(resolve));
  const sidecar = { TARGET_HOST: '127.0.0.1', TARGET_PORT: port, APP_HOST: '' };
  const good = await runHook('bypass', { ...sidecar, APP_PORT: dead });
  assert.equal(good.code, 0, good.output);
  const open = await runHook('bypass', { ...sidecar, APP_PORT: app });
  assert.equal(open.code, 1);
  assert.match(open.output, /the application answers at 127.0.0.1/);
  const other = await runHook('bypass', { ...sidecar, APP_HOST: '127.0.0.1', APP_PORT: app });
  assert.equal(other.code, 1);
  const silent = await runHook('bypass', { ...sidecar, TARGET_PORT: dead, APP_PORT: dead });
  assert.equal(silent.code, 1);
  assert.match(silent.output, /Claimgate at .* cannot be reached/);
  const nameless = await runHook('bypass', { ...sidecar, APP_HOST: 'nowhere.invalid', APP_PORT: app });
  assert.notEqual(nameless.code, 0);
});
