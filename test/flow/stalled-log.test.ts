import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Pool } from 'undici';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { minimalEnv } from '../support/env.ts';

const count = 1_500;

test('requests are answered although nobody reads the log, and the process still ends', async () => {
  const upstream = createServer((_req, res) => res.end('fine'));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const child = startClaimgate('serve', {
    ...minimalEnv,
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    PROXY_SHUTDOWN_WAIT: '0',
    PROXY_UNPROTECTED_ROUTES: '/',
    PROXY_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
  });
  const line = await waitForLine(child, 'listening');
  child.stdout?.pause();
  const [address] = line['address'] as AddressInfo[];
  const pool = new Pool(`http://127.0.0.1:${address?.port ?? 0}`, { connections: 16 });
  // Some 1 MB of log: far more than the pipe and this process hold.
  const path = `/${'x'.repeat(600)}`;
  const answers = await Promise.all(
    Array.from({ length: count }, async () => {
      const answer = await pool.request({ path, method: 'GET', headers: { host: 'app.example.com' } });
      return answer.body.text();
    }),
  );
  assert.deepEqual(new Set(answers), new Set(['fine']));
  await pool.close();
  child.kill('SIGTERM');
  await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
  upstream.closeAllConnections();
  upstream.close();
});
