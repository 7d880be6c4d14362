// Symptom: bytes that are no HTTP, sent while an answer was still under way, put our own 400 into the middle of that answer's content.
// Cause: answerProtocolError in http/server.ts wrote to the connection without looking whether an answer had begun on it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import { openClient } from '../support/raw-client.ts';
import { startUpstream } from '../support/raw-upstream.ts';

test('an answer under way is cut, and nothing of ours is put into it', async () => {
  await using upstream = await startUpstream('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello');
  const app = await startApp({ env: { PROXY_UPSTREAM_URL: upstream.url, PROXY_UNPROTECTED_ROUTES: '/' } });
  const client = await openClient(app.port);
  client.send('GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n');
  await client.readUntil('hello');
  client.send('no\0http\r\n\r\n');
  await client.closed;
  assert.equal(client.peek(), '');
});
