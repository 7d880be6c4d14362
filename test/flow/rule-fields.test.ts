import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { encodeSession } from '../../src/session/codec.ts';
import { createSealer } from '../../src/session/seal.ts';
import { listValues, startApp, users } from '../support/app.ts';
import { goodSecret } from '../support/env.ts';

/** Another application, which redirects to itself. */
const seen: IncomingMessage[] = [];
const other = createServer((req, res) => {
  seen.push(req);
  const { port } = other.address() as AddressInfo;
  res.writeHead(302, { Location: `http://127.0.0.1:${port}/next` });
  res.end();
});
other.on('upgrade', (req, socket: Socket) => {
  seen.push(req);
  socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
});
await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
after(() => {
  other.closeAllConnections();
  other.close();
});
const otherAddress = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;

const dora = {
  sub: 'dora',
  claims: {
    preferred_username: 'dora',
    opencloud_role: ['opencloudUser', 'opencloudGuest'],
    department: 'finance',
    deep: { level: 4 },
    suspended: { since: 'monday' },
  },
};
const emil = {
  sub: 'emil',
  claims: { preferred_username: 'emil', opencloud_role: 'opencloudUser', deep: { level: 2 } },
};

const started = await startApp({
  users: [...users, dora, emil],
  yaml: `rules:
  - path: /welcome
    optional: true
  - path: /welcome-user
    optional: true
    identity: user
  - path: /finance
    claims:
      - {claim: department, equals: finance}
      - {claim: deep.level, at_least: 3}
  - path: /active
    claims: [{claim: suspended, present: false}]
  - path: /two
    all_of: [user, user-light]
  - path: /no-guests
    none_of: [user-light]
  - path: /named
    identity: user
  - path: /hidden
    identity: none
  - path: /other
    upstream: ${otherAddress}
  - path: /same
    upstream: ${otherAddress}/
  - path: /gone
    upstream: http://127.0.0.1:1
`,
});

const identityNames = ['x-forwarded-user', 'x-forwarded-role', 'x-forwarded-roles', 'x-forwarded-email'];

function listIdentity(): string[] {
  const request = started.received.at(-1);
  return identityNames.flatMap((name) => listValues(request, name).map((value) => `${name}=${value}`));
}

const spoof = { headers: { 'x-forwarded-user': 'root', 'x-forwarded-roles': 'admin' } };

test('an optional rule sends nobody to sign in, and nobody from outside can name a person', async () => {
  const page = await started.newBrowser().open('/welcome', spoof);
  assert.equal(page.status, 200);
  assert.deepEqual(listIdentity(), []);
});

test('an optional rule tells the application who is signed in', async () => {
  const browser = await started.signIn('cara');
  assert.equal((await browser.open('/welcome', spoof)).status, 200);
  assert.deepEqual(listIdentity(), [
    'x-forwarded-user=cara',
    'x-forwarded-role=user',
    'x-forwarded-roles=user',
    'x-forwarded-email=cara@example.com',
  ]);
  await browser.open('/welcome-user');
  assert.deepEqual(listIdentity(), ['x-forwarded-user=cara']);
});

test('an optional rule lets people with a problem pass without a name', async () => {
  for (const user of ['nils', 'uwe']) {
    const browser = started.newBrowser();
    started.provider.behave({ user });
    assert.equal((await browser.follow('/named')).status, 403);
    for (const path of ['/welcome', '/welcome-user']) {
      assert.equal((await browser.open(path, spoof)).status, 200);
      assert.deepEqual(listIdentity(), [], `${user} ${path}`);
    }
  }
});

test('an optional rule names nobody whose session holds no role', async () => {
  const sealer = createSealer({
    secrets: [goodSecret],
    context: `${started.provider.issuer}|${started.provider.clientId}`,
    randomBytes,
  });
  const startedAt = Math.floor(Date.now() / 1_000);
  const person = { user: 'nora', roles: [] };
  const session = { id: 'i', iss: started.provider.issuer, sub: 'nora', startedAt, expiresAt: startedAt + 60, person };
  const name = '__Host-claimgate';
  const browser = started.newBrowser();
  browser.setCookie(name, sealer.seal('session', name, encodeSession(session)));
  assert.equal((await browser.open('/oauth2/userinfo')).json()['user'], 'nora');
  assert.equal((await browser.open('/welcome')).status, 200);
  assert.deepEqual(listIdentity(), []);
});

test('a rule chooses how much of the identity the application gets', async () => {
  const browser = await started.signIn('anna');
  await browser.open('/named', spoof);
  assert.deepEqual(listIdentity(), ['x-forwarded-user=anna']);
  await browser.open('/hidden', spoof);
  assert.deepEqual(listIdentity(), []);
  assert.equal((await started.newBrowser().open('/hidden', { headers: { accept: 'application/json' } })).status, 401);
});

test('conditions look at the claims of the sign-in', async () => {
  const browser = await started.signIn('dora');
  assert.equal((await browser.open('/finance')).status, 200);
  const without = await started.signIn('emil');
  const page = await without.open('/finance');
  assert.equal(page.status, 403);
  assert.match(page.text, /claim_not_met/);
  assert.match(page.text, /department equals finance/);
  const line = started.logs.findLast((entry) => entry['refusal'] === 'claim_not_met');
  assert.match(String(line?.['detail']), /rules\[2\] \/finance; Needed: department equals finance/);
});

test('a claim in a form that no session keeps is not an absent one', async () => {
  const browser = await started.signIn('dora');
  assert.equal((await browser.open('/active')).status, 403);
  const without = await started.signIn('emil');
  assert.equal((await without.open('/active')).status, 200);
});

test('all roles of a list, and none of another', async () => {
  const dorasBrowser = await started.signIn('dora');
  const emilsBrowser = await started.signIn('emil');
  assert.equal((await dorasBrowser.open('/two')).status, 200);
  const missing = await emilsBrowser.open('/two');
  assert.equal(missing.status, 403);
  assert.match(missing.text, /user and user-light/);
  assert.equal((await emilsBrowser.open('/no-guests')).status, 200);
  const excluded = await dorasBrowser.open('/no-guests');
  assert.equal(excluded.status, 403);
  assert.match(excluded.text, /role_excluded/);
  assert.match(excluded.text, /Kept out by/);
});

test('a rule leads to another application, with the same protection', async () => {
  const browser = await started.signIn('anna');
  const page = await browser.open('/other/x?y=1', spoof);
  assert.equal(page.status, 302);
  assert.equal(page.location, 'https://app.example.com/next');
  const request = seen.at(-1);
  assert.equal(request?.url, '/other/x?y=1');
  assert.equal(request?.headers['x-forwarded-user'], 'anna');
  assert.ok(!(request?.headers.cookie ?? '').includes('claimgate'));
  assert.equal((await browser.open('/same')).location, 'https://app.example.com/next');
  const gone = await browser.open('/gone');
  assert.equal(gone.status, 502);
  assert.equal((await browser.open('/')).status, 200);
  const before = seen.length;
  assert.equal((await started.newBrowser().open('/other', { headers: { accept: 'application/json' } })).status, 401);
  assert.equal(seen.length, before);
});

test('addresses that mean the same application share their connections', () => {
  const { others } = started.app.upstreams;
  assert.equal(others.get(otherAddress), others.get(`${otherAddress}/`));
  assert.equal(others.size, 3);
});

test('a WebSocket goes where its rule says', async () => {
  const browser = await started.signIn('anna');
  const cookie = `__Host-claimgate=${browser.findCookie('__Host-claimgate') ?? ''}`;
  const lines = [
    'GET /other/socket HTTP/1.1',
    'Host: app.example.com',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Origin: https://app.example.com',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Cookie: ${cookie}`,
  ];
  const head = await new Promise<string>((resolve, reject) => {
    const socket = connect(started.port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.setTimeout(5_000, () => socket.destroy(new Error('silence for five seconds')));
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1'));
      socket.destroy();
    });
  });
  assert.match(head, /^HTTP\/1\.1 101 /);
  assert.equal(seen.at(-1)?.url, '/other/socket');
});
