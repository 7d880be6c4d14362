import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { fetch } from 'undici';
import { users } from '../support/app.ts';
import { createBrowser } from '../support/browser.ts';
import { waitForLine } from '../support/child.ts';
import { goodSecret } from '../support/env.ts';
import { startProvider } from '../support/provider.ts';
import { image, runContainer, startContainer } from './container.ts';

const publicUrl = 'https://app.example.com';
const [kind, ...health] = image.config.Healthcheck.Test;
const held: ServerResponse[] = [];
const arrival = Promise.withResolvers<void>();

const app = createServer((req, res) => {
  if (req.url === '/slow') {
    res.write('begun, ');
    held.push(res);
    arrival.resolve();
  } else res.end(`${String(req.headers['x-forwarded-user'])} as ${String(req.headers['x-forwarded-role'])}`);
});
await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
const provider = await startProvider({
  clientId: 'claimgate',
  clientSecret: 'the-client-secret-of-the-tests',
  users,
  redirectUris: [`${publicUrl}/oauth2/callback`],
});
after(async () => {
  app.closeAllConnections();
  app.close();
  await provider.close();
});

const startedAt = performance.now();
const container = startContainer([...image.config.Entrypoint, ...image.config.Cmd], {
  PROXY_UPSTREAM_URL: `http://127.0.0.1:${(app.address() as AddressInfo).port}`,
  PROXY_PUBLIC_URL: publicUrl,
  PROXY_OIDC_ISSUER: provider.issuer,
  PROXY_OIDC_CLIENT_ID: provider.clientId,
  PROXY_OIDC_CLIENT_SECRET: provider.clientSecret ?? '',
  PROXY_ROLE_ASSIGNMENT_OIDC_CLAIM: 'opencloud_role',
  PROXY_SESSION_SECRET: goodSecret,
  PROXY_HTTP_ADDR: '127.0.0.1:0',
  PROXY_DEBUG_ADDR: '127.0.0.1:0',
  PROXY_SHUTDOWN_WAIT: '200ms',
});
const line = await waitForLine(container.process, 'listening');
const startTime = performance.now() - startedAt;
const [{ port = 0 } = {}] = line['address'] as Partial<AddressInfo>[];
const admin = `127.0.0.1:${(line['admin'] as AddressInfo).port}`;
const browser = createBrowser(publicUrl, port);

test('the image listens within seconds', (context) => {
  context.diagnostic(`listening after ${startTime.toFixed(0)} ms`);
  assert.ok(startTime < 10_000);
});

test('a person signs in through the image, and the application learns who it is', async () => {
  provider.behave({ user: 'anna' });
  const page = await browser.follow('/hello');
  assert.equal(page.status, 200, page.text);
  assert.match(page.text, /^anna as admin$/);
});

test('the health check runs in the image, without a shell, and tells alive from dead', async () => {
  assert.equal(kind, 'CMD');
  assert.equal((await runContainer(health, { PROXY_DEBUG_ADDR: admin })).code, 0);
  assert.equal((await runContainer(health, { PROXY_DEBUG_ADDR: '127.0.0.1:1' })).code, 1);
});

test('SIGTERM to process 1: readiness fails, a request in flight is finished, and the exit code is 0', async () => {
  const slow = browser.open('/slow');
  await arrival.promise;
  const stopping = waitForLine(container.process, 'shutting down');
  container.signal('SIGTERM');
  assert.equal((await stopping)['signal'], 'SIGTERM');
  assert.equal((await fetch(`http://${admin}/readyz`)).status, 503);
  for (const res of held) res.end('and finished');
  assert.equal((await slow).text, 'begun, and finished');
  assert.equal(await container.ended, 0);
});
