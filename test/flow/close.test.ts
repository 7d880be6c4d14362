import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createMemoryChannel, type RevocationChannel } from '../../src/session/revocation-channel.ts';
import { startApp } from '../support/app.ts';
import { startClaimgate, waitForLine } from '../support/child.ts';
import { minimalEnv } from '../support/env.ts';
import { skipWithoutRedis, startRedis, waitFor } from '../support/redis.ts';

test('what has ended elsewhere is heard of until the close, and then nobody listens any more', async () => {
  const memory = createMemoryChannel(Date.now);
  let listeners = 0;
  const revocationChannel: RevocationChannel = {
    ...memory,
    subscribe(handler, onConnect) {
      listeners += 1;
      const leave = memory.subscribe(handler, onConnect);
      return () => {
        listeners -= 1;
        leave();
      };
    },
  };
  const started = await startApp({ revocationChannel });
  const browser = await started.signIn('anna');
  started.app.beginDrain();
  assert.equal(listeners, 1);
  const at = Math.ceil(Date.now() / 1_000) + 1;
  await memory.publish([{ key: 'user:4:anna', at, until: at + 3_600 }]);
  assert.equal((await browser.open('/')).status, 302, 'while it drains');
  started.app.close();
  assert.equal(listeners, 0);
  await started.close();
});

const local = { PROXY_HTTP_ADDR: '127.0.0.1:0', PROXY_DEBUG_ADDR: '127.0.0.1:0', PROXY_SHUTDOWN_WAIT: '0' };

for (const [what, standStill] of [
  ['answers', false],
  ['stands still', true],
] as const) {
  test(`a process whose Redis ${what} ends in time after SIGTERM`, { skip: skipWithoutRedis }, async () => {
    const server = await startRedis();
    const child = startClaimgate('serve', { ...minimalEnv, ...local, PROXY_REDIS_URL: server.url });
    await waitForLine(child, 'listening');
    const countListeners = () => server.command('PUBSUB', 'NUMSUB', 'claimgate:revocations').split('\n').at(-1);
    await waitFor(() => countListeners() === '1', 'the subscription');
    if (standStill) server.stop();
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(5_000) });
    child.kill('SIGTERM');
    await ended;
    assert.equal(child.exitCode, 0);
    server.resume();
    await waitFor(() => countListeners() === '0', 'the end of the subscription');
  });
}

test('a client that asked for a tunnel by CONNECT does not hold the end up', async () => {
  const started = await startApp();
  const client = connect({ port: started.port, host: '127.0.0.1', allowHalfOpen: true });
  client.write('CONNECT app.example.com:443 HTTP/1.1\r\nHost: app.example.com:443\r\n\r\n');
  const [answer] = (await once(client, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 405 /);
  const closed = started.app.server.close().then(() => true);
  started.app.server.server.closeAllConnections();
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, 2_000, false);
  const isClosed = await Promise.race([closed, late]);
  clearTimeout(timer);
  client.destroy();
  await started.close();
  assert.ok(isClosed, 'the connection is still there');
});

test('a connection that sends no request in time is closed, though the client keeps its side open', async () => {
  const started = await startApp({ env: { PROXY_HEADERS_TIMEOUT: '1s' } });
  const { server } = started.app.server;
  const accepted = once(server, 'connection');
  const client = connect({ port: started.port, host: '127.0.0.1', allowHalfOpen: true });
  client.write('GET / HTTP/1.1\r\nHost: a');
  const [socket] = (await accepted) as [Socket];
  const [answer] = (await once(client, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 408 /);
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, 2_000, false);
  const isClosed = socket.destroyed || (await Promise.race([once(socket, 'close').then(() => true), late]));
  clearTimeout(timer);
  client.destroy();
  await started.close();
  assert.ok(isClosed, 'the connection is still there');
});

test('check ends also where Redis is named and cannot be reached', async () => {
  const child = startClaimgate('check', { ...minimalEnv, PROXY_REDIS_URL: 'redis://127.0.0.1:1' });
  await once(child, 'exit', { signal: AbortSignal.timeout(20_000) });
  assert.equal(child.exitCode, 0);
});
