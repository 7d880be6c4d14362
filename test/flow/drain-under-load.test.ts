import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { minimalEnv } from '../support/env.ts';

/** What a roll-out does: the load balancer learns from readiness, a little late, and requests go on until then. */
test('under constant load no request fails while Claimgate shuts down', async (context) => {
  const upstream = createServer((req, res) => {
    req.resume();
    req.on('end', () => setTimeout(() => res.end('x'.repeat(2_000)), 5));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const child = startClaimgate('serve', {
    ...minimalEnv,
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    PROXY_LOG_LEVEL: 'info',
    PROXY_SHUTDOWN_WAIT: '4s',
    PROXY_UNPROTECTED_ROUTES: '/',
    PROXY_UPSTREAM_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
  });
  const line = await waitForLine(child, 'listening');
  const [address] = line['address'] as AddressInfo[];
  const admin = `http://127.0.0.1:${(line['admin'] as AddressInfo).port}/readyz`;
  const dispatcher = new Agent({ connections: 8, pipelining: 1 });
  context.after(() => dispatcher.destroy());
  const failures: string[] = [];
  const state = { done: 0, isTarget: true };

  async function load(method: 'GET' | 'POST'): Promise<void> {
    while (state.isTarget) {
      try {
        const answer = await request(`http://127.0.0.1:${address?.port ?? 0}/load`, {
          method,
          dispatcher,
          headers: { host: 'app.example.com' },
          ...(method === 'POST' ? { body: 'y'.repeat(5_000) } : {}),
        });
        await answer.body.dump();
        if (answer.statusCode === 200) state.done += 1;
        else failures.push(`status ${answer.statusCode}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  }

  const loops = [load('GET'), load('GET'), load('GET'), load('POST'), load('POST'), load('POST')];
  while (state.done < 200) await wait(5);
  child.kill('SIGTERM');
  const ended = once(child, 'exit');
  while ((await request(admin)).statusCode === 200) await wait(5);
  const before = state.done;
  while (state.done < before + 40) await wait(5);
  state.isTarget = false;
  await Promise.all(loops);
  assert.deepEqual(failures, []);
  await ended;
  assert.equal(child.exitCode, 0);
});
