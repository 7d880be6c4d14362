import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Dispatcher } from 'undici';
import { createUpstream } from '../../src/proxy/upstream.ts';
import { within } from '../support/deadline.ts';
import { startUpstream } from '../support/raw-upstream.ts';

const options = { connections: 1, maxWaiting: 0, maxWaitMs: 100, connectTimeoutMs: 1000, headersTimeoutMs: 1000 };

// The upstream closes its connection while the client has stopped reading; undici before version 8 throws outside of any handler here.
const rows: [title: string, head: string, how: 'end' | 'resetAndDestroy'][] = [
  ['content until the end', 'Connection: close\r\n', 'end'],
  ['content until the end, reset', 'Connection: close\r\n', 'resetAndDestroy'],
  ['a length', 'Connection: close\r\nContent-Length: 100\r\n', 'end'],
  ['a length, reset', 'Connection: close\r\nContent-Length: 100\r\n', 'resetAndDestroy'],
];

for (const [title, head, how] of rows) {
  test(`the upstream closes while the answer is held back: ${title}`, async () => {
    await using upstream = await startUpstream((peer) => peer.send(`HTTP/1.1 200 OK\r\n${head}\r\nabc`));
    const { dispatcher } = createUpstream({ url: upstream.url, ...options });
    const paused = Promise.withResolvers<Dispatcher.DispatchController>();
    const over = Promise.withResolvers<string>();
    dispatcher.dispatch(
      { path: '/', method: 'GET' },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData(controller) {
          controller.pause();
          paused.resolve(controller);
        },
        onResponseEnd: () => over.resolve('end'),
        onResponseError: () => over.resolve('error'),
      },
    );
    const controller = await within(paused.promise, 'the first content');
    const { socket } = await upstream.waitForConnection(0);
    socket[how]();
    if (!socket.closed && how !== 'end') await once(socket, 'close');
    // Long enough for the end to arrive: it is a packet on this machine, and nothing else tells of it while reading is paused.
    await Promise.race([over.promise, new Promise((resolve) => setTimeout(resolve, 50))]);
    controller.resume();
    assert.match(await within(over.promise, 'the end of the exchange'), /end|error/);
    await dispatcher.destroy();
  });
}
