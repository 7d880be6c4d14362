import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
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

const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
const switched = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${'x'.repeat(piece)}`;

const product = await startProduct({
  answer(peer, { line }) {
    if (line.startsWith('GET /socket ')) peer.send(switched);
    else peer.send(line.startsWith('GET /stream ') ? chunk : buildAnswer('200 OK'));
  },
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

/** A WebSocket over which the application has sent something. */
function openSocket(cookie: string): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect(product.port, '127.0.0.1');
    let received = 0;
    socket.on('data', (data) => {
      received += data.length;
      if (received >= piece) done(socket);
    });
    socket.on('error', fail);
    socket.write(`GET /socket HTTP/1.1\r\nHost: app.example.com\r\n${cookie}\r\n${upgrade}\r\n\r\n`);
  });
}

/** Bytes of buffers that each of them holds. */
async function weigh<T>(open: () => Promise<T>): Promise<{ readonly each: number; readonly all: readonly T[] }> {
  collect();
  const before = process.memoryUsage().arrayBuffers;
  const all = await within(Promise.all(Array.from({ length: count }, open)), 'all connections');
  collect();
  collect();
  return { each: (process.memoryUsage().arrayBuffers - before) / count, all };
}

// undici hands out the head of an answer as views of the chunk it was read in, and keeps them with the exchange: 64 KiB for every event
// stream and long download, and, where the exchange had grown old, for every answer until everything was collected.
test('an answer that goes on does not hold the chunk in which its head came', async () => {
  const cookie = (await product.cookieOf('anna')).replace(/^Cookie: /i, '');
  const { each, all } = await weigh(() => openStream(cookie));
  assert.ok(each < 20_000, `${each} bytes for each stream`);
  for (const stream of all) stream.destroy();
});

test('nor does a WebSocket', async () => {
  const cookie = await product.cookieOf('anna');
  const { each, all } = await weigh(() => openSocket(cookie));
  assert.ok(each < 20_000, `${each} bytes for each WebSocket`);
  for (const socket of all) socket.destroy();
});
