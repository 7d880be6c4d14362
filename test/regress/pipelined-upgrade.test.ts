// Symptom: one packet from anybody, an ordinary request and a WebSocket handshake behind it, ended the process (ERR_HTTP_SOCKET_ASSIGNED).
// Cause: the `upgrade` listener assigned a second answer to a connection that still owed the first one, and assignSocket threw out of the parser.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { minimalEnv } from '../support/env.ts';
import { ask, buildRequest, findStatus, openClient } from '../support/raw-client.ts';

const main = new URL('../../src/main.ts', import.meta.url).pathname;
let child: ChildProcess | undefined;
after(() => child?.kill('SIGKILL'));

/** A whole process, because what is thrown out of a parser ends it; resolves with its port. */
function serve(): Promise<number> {
  const started = spawn(process.execPath, [main, 'serve'], {
    env: {
      ...minimalEnv,
      PROXY_HTTP_ADDR: '127.0.0.1:0',
      PROXY_DEBUG_ADDR: '127.0.0.1:0',
      PROXY_OIDC_ISSUER: 'http://127.0.0.1:1',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  return new Promise((resolve, reject) => {
    let text = '';
    started.once('exit', () => reject(new Error(text)));
    started.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((one) => one.includes('"listening"'));
      if (line !== undefined) resolve((JSON.parse(line) as { address: [{ port: number }] }).address[0].port);
    });
  });
}

test('a handshake behind a request that has no answer yet does not end the process', async () => {
  const port = await serve();
  const client = await openClient(port);
  client.send(
    buildRequest('GET /', ['Accept: text/html']) +
      buildRequest('GET /socket', ['Connection: Upgrade', 'Upgrade: websocket']),
  );
  await client.readToEnd().catch(() => '');
  client.socket.destroy();
  assert.equal(findStatus(await ask(port, buildRequest('GET /'))), 401);
});
