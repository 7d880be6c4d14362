import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { minimalEnv } from '../support/env.ts';

const token = 'an-admin-token-with-enough-characters-0123456789';
const started = await startApp({ env: { PROXY_ADMIN_TOKEN: token } });
const { provider } = started;

async function listen({ app }: TestApp): Promise<string> {
  app.admin.listen(0, '127.0.0.1');
  await once(app.admin, 'listening');
  after(() => app.admin.close());
  return `http://127.0.0.1:${(app.admin.address() as AddressInfo).port}/sessions/end`;
}
const at = await listen(started);

const post = (body: unknown, headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` }) =>
  fetch(at, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });

const endings: readonly (readonly [string, Record<string, string>])[] = [
  ['the user name', { user: 'anna' }],
  ['the subject', { sub: 'anna' }],
  ['the subject and its issuer', { sub: 'anna', iss: provider.issuer }],
];
for (const [what, body] of endings) {
  test(`${what} ends all sessions of the person, and of nobody else`, async () => {
    started.clock.advance(1_000);
    const browsers = [await started.signIn('anna'), await started.signIn('anna')];
    const cara = await started.signIn('cara');
    const answer = await post(body);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    const { ended } = (await answer.json()) as { ended: Record<string, string> };
    for (const [name, value] of Object.entries(body)) assert.equal(ended[name], value);
    for (const browser of browsers) assert.equal((await browser.open('/')).status, 302);
    assert.equal((await cara.open('/')).status, 200);
  });
}

test('a session of the provider ends by its sid', async () => {
  started.clock.advance(1_000);
  provider.behave({ idToken: (claims) => ({ ...claims, sid: 's-1' }) });
  const browser = await started.signIn('anna');
  provider.behave({ idToken: undefined });
  const other = await started.signIn('anna');
  assert.equal((await post({ sid: 's-1' })).status, 200);
  assert.equal((await browser.open('/')).status, 302);
  assert.equal((await other.open('/')).status, 200);
});

const wrong: readonly (readonly [string, Record<string, string>])[] = [
  ['no token', {}],
  ['another token', { authorization: `Bearer ${token}x` }],
  ['another token of the same length', { authorization: `Bearer ${token.replace('9', '8')}` }],
  ['another scheme', { authorization: `Basic ${token}` }],
  ['an empty token', { authorization: 'Bearer ' }],
];
for (const [what, headers] of wrong) {
  test(`${what}: 401, and nobody is signed out`, async () => {
    started.clock.advance(1_000);
    const browser = await started.signIn('anna');
    const answer = await post({ user: 'anna' }, headers);
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer /);
    assert.equal((await browser.open('/')).status, 200);
  });
}

const malformed: readonly unknown[] = [
  '',
  'x',
  [],
  {},
  null,
  { user: 'anna', sub: 'anna' },
  { user: 'anna', iss: 'https://op.example' },
  { user: '' },
  { user: 7 },
  { user: ['anna'] },
  { who: 'anna' },
  { user: 'anna', who: 'anna' },
  { iss: 'https://op.example' },
  { user: 'x'.repeat(20_000) },
  `{"user":"anna"${' '.repeat(20_000)}}`,
];
for (const body of malformed) {
  test(`400 for ${JSON.stringify(body)?.slice(0, 60)}`, async () => {
    assert.equal((await post(body)).status, 400);
  });
}

test('only POST, and only on the admin port', async () => {
  assert.equal((await fetch(at)).status, 405);
  const page = await started.newBrowser().open('/sessions/end', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, accept: '*/*' },
    body: JSON.stringify({ user: 'anna' }),
  });
  assert.equal(page.status, 401);
});

test('without PROXY_ADMIN_TOKEN there is no such endpoint', async () => {
  const address = await listen(await startApp());
  assert.equal((await fetch(address)).status, 404);
  assert.equal((await fetch(address, { method: 'POST', body: '{"user":"anna"}' })).status, 405);
});

for (const value of ['short', `ü${'x'.repeat(40)}`, 'two words of more than thirty-two characters']) {
  test(`the token ${JSON.stringify(value)} stops the start`, () => {
    assert.throws(() => loadConfig({ env: { ...minimalEnv, PROXY_ADMIN_TOKEN: value } }), /PROXY_ADMIN_TOKEN/);
  });
}
