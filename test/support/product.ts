import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startApp, type TestApp } from './app.ts';
import { within } from './deadline.ts';
import { people } from './people.ts';
import type { ProviderUser } from './provider-types.ts';
import { ask, findStatus, openClient, type RawMessage } from './raw-client.ts';
import { startUpstream, type Answer, type RawUpstream } from './raw-upstream.ts';

/**
 * One row: title; bytes of the client; status of the first answer (0: the connection ends without one); outcome in the log (''
 * for none); then every request the application receives, to the byte.
 */
export type Case = readonly [title: string, sent: string, status: number, outcome: string, ...received: string[]];

/** The whole product between raw bytes on both sides. */
export interface Product {
  readonly app: TestApp;
  readonly upstream: RawUpstream;
  readonly port: number;
  /** The Cookie line of a person who has signed in. */
  cookieOf(user: string): Promise<string>;
  /** Plays a case and compares the answer, the bytes the application got, and the access line. Hands back the answer. */
  play(sent: string, status: number, outcome: string, received: readonly string[]): Promise<RawMessage | undefined>;
  /** Waits for a line in the log, for a second at the most. */
  waitForLine(find: (line: Record<string, unknown>, index: number) => boolean): Promise<Record<string, unknown>>;
  /** A test for each case. */
  testAll(cases: readonly Case[]): void;
}

/** Public: /public and below, GET /methods. For admins: /admin. Everything else: any role. */
export const rules = `rules:
  - { path: /public, public: true }
  - { path: /admin, roles: [admin] }
  - { path: /methods, methods: [GET], public: true }
`;

const requestId = /(\r\nX-Request-Id: )([^\r]*)/;
const probe = 'GET /public/probe HTTP/1.1\r\nHost: app.example.com\r\n\r\n';

const answerAll: Answer = (peer, { line }) =>
  peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n${line.startsWith('HEAD ') ? '' : 'the application'}`);

/** Looks again on every turn of the event loop, and gives up after so many milliseconds. */
async function waitFor(condition: () => boolean, what: string, ms = 5000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function startProduct(
  setup: {
    readonly yaml?: string;
    readonly users?: readonly ProviderUser[];
    readonly env?: Readonly<Record<string, string>>;
    readonly answer?: Answer | readonly Answer[];
  } = {},
): Promise<Product> {
  const upstream = await startUpstream(setup.answer ?? answerAll);
  const app = await startApp({
    yaml: setup.yaml ?? rules,
    upstreamUrl: upstream.url,
    users: setup.users ?? people,
    ...(setup.env === undefined ? {} : { env: setup.env }),
  });
  after(() => upstream.close());
  const { port } = app;

  async function play(sent: string, status: number, outcome: string, received: readonly string[]) {
    const before = { logs: app.logs.length, requests: upstream.requests.length };
    const listLines = () =>
      app.logs.slice(before.logs).filter(({ msg }) => msg === 'request' || msg === 'not valid HTTP');
    const client = await openClient(port);
    let answer: RawMessage | undefined;
    try {
      client.send(sent);
      if (status === 0) assert.equal(await within(client.readToEnd(), 'the end of the connection'), '');
      else {
        answer = await client.readMessage({ empty: sent.startsWith('HEAD ') });
        assert.equal(findStatus(answer), status, answer.raw);
      }
      if (outcome !== '') await waitFor(() => listLines().length > 0, 'a line in the log');
      const [line] = listLines();
      assert.equal(line?.['outcome'] ?? '', outcome, JSON.stringify(line));
      if (line?.['msg'] === 'request') assert.equal(line['status'], status);
      // RFC 9112, section 9.6: after bytes that are no message nothing on this connection can be trusted.
      if (line?.['msg'] === 'not valid HTTP') await within(client.closed, 'the end of the connection');
      // The probe proves that the product still works, and that nothing is still on its way to the application.
      assert.equal((await ask(port, probe)).body, 'the application');
      const requests = upstream.requests.slice(before.requests).map(({ raw }) => raw);
      assert.match(requests.pop() ?? '', /^GET \/public\/probe /);
      assert.deepEqual(
        requests.map((raw) => raw.replace(requestId, '$1{id}')),
        received,
      );
      for (const peer of upstream.connections) assert.equal(peer.peek(), '', 'bytes that are no whole request');
      if (requests[0] !== undefined) assert.equal(line?.['request_id'], requestId.exec(requests[0])?.[2]);
    } finally {
      client.socket.destroy();
    }
    return answer;
  }

  return {
    app,
    upstream,
    port,
    play,
    async waitForLine(find) {
      await waitFor(() => app.logs.some(find), 'a line in the log', 1000);
      return app.logs.find(find) ?? {};
    },
    async cookieOf(user) {
      const browser = await app.signIn(user);
      const names = browser.listCookies().filter((name) => /^__Host-claimgate(?:\.\d)?$/.test(name));
      return `Cookie: ${names.map((name) => `${name}=${browser.findCookie(name) ?? ''}`).join('; ')}`;
    },
    testAll(cases) {
      for (const [title, sent, status, outcome, ...received] of cases) {
        test(title, async () => {
          await play(sent, status, outcome, received);
        });
      }
    },
  };
}

/** A request of a client to the product; `{id}` and other text as it is. */
export function sendTo(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: app.example.com', ...headers, '', body].join('\r\n');
}

/** What the product says about each request, whoever sent it. */
export const forwarded: readonly string[] = [
  'X-Forwarded-Host: app.example.com',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Port: 443',
  'X-Forwarded-For: 127.0.0.1',
  'X-Real-IP: 127.0.0.1',
  'X-Request-Id: {id}',
];

/** The request as the application must get it: headers kept from the client, ours, the identity, then what frames the content. */
export function arrives(
  line: string,
  identity: readonly string[] = [],
  kept: readonly string[] = [],
  content: readonly [framing: string, bytes: string] = ['', ''],
  host = 'app.example.com',
): string {
  const [framing, bytes] = content;
  const head = [`${line} HTTP/1.1`, `host: ${host}`, 'connection: keep-alive', ...kept, ...forwarded, ...identity];
  return [...head, ...(framing === '' ? [] : [framing]), '', bytes].join('\r\n');
}
