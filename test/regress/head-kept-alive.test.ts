import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { within } from '../support/deadline.ts';
import { startProduct } from '../support/product.ts';
import { buildAnswer } from '../support/raw-upstream.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const count = 100;
const piece = 60_000;
const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunk = `${head}${piece.toString(16)}\r\n${'x'.repeat(piece)}\r\n`;

const product = await startProduct({
  answer: (peer, { line }) => peer.send(line.startsWith('GET /stream ') ? chunk : buildAnswer('200 OK')),
});

/** An answer that has begun and goes on. */
function openStream(cookie: string): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const headers = { Host: 'app.example.com', Cookie: cookie };
    const request = get({ host: '127.0.0.1', port: product.port, path: '/stream', headers, agent: false }, (answer) => {
      let received = 0;
      answer.on('data', (data: Buffer) => {
        received += data.length;
        if (received === piece) done(answer);
      });
      answer.on('error', () => undefined);
    });
    request.on('error', fail);
  });
}

// undici hands out the head of an answer as views of the chunk it was read in, and keeps them with the exchange: 64 KiB for every event
// stream and long download, and, where the exchange had grown old, for every answer until everything was collected.
test('an answer that goes on does not hold the chunk in which its head came', async () => {
  const cookie = (await product.cookieOf('anna')).replace(/^Cookie: /i, '');
  collect();
  const before = process.memoryUsage().arrayBuffers;
  const streams = await within(Promise.all(Array.from({ length: count }, () => openStream(cookie))), 'all streams');
  collect();
  collect();
  const each = (process.memoryUsage().arrayBuffers - before) / count;
  assert.ok(each < 20_000, `${each} bytes for each stream`);
  for (const stream of streams) stream.destroy();
});
