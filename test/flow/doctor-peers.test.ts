import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { startApp } from '../support/app.ts';
import { buildEnv, clientSecret, diagnose, runDoctor, startServer } from '../support/doctor.ts';
import { json, startOAuth2 } from '../support/oauth2-provider.ts';
import { startProvider } from '../support/provider.ts';
import { skipWithoutRedis, startRedis } from '../support/redis.ts';
import { buildLocalTemplate } from '../support/template-party.ts';

const application = await startServer((_req, res) => res.end('the application'));
const provider = await startProvider({ clientId: 'claimgate', clientSecret });
after(() => provider.close());
const env = buildEnv(provider, application.url);

async function startRaw(greeting: string): Promise<number> {
  const sockets = new Set<{ destroy(): unknown }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (greeting !== '') socket.end(greeting);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const outside = (...addresses: readonly string[]): ReturnType<typeof diagnose> =>
  diagnose({}, '--outside-only', ...addresses.flatMap((address) => ['--app-from-outside', address]));

test('an application that answers from outside has failed, one that cannot be reached is fine', async () => {
  const open = await outside(application.url);
  assert.equal(open.code, 1);
  assert.match(open.of('way around').text, /answers \(status 200\) without a sign-in.*gets around Claimgate/);
  const shut = await outside('127.0.0.1:1');
  assert.equal(shut.code, 0);
  assert.match(shut.of('way around').text, /nothing listens there/);
  const both = await outside('127.0.0.1:1', application.url);
  assert.equal(both.code, 1);
  const unknown = await outside('http://app.invalid');
  assert.equal(unknown.code, 1);
  assert.match(unknown.of('way around').text, /proves nothing/);
});

test('an application that is slow, or speaks no HTTP, is reached all the same', async () => {
  const silent = await outside(`127.0.0.1:${await startRaw('')}`);
  assert.equal(silent.code, 1);
  assert.match(silent.of('way around').text, /takes connections/);
  const other = await outside(`127.0.0.1:${await startRaw('220 mail.example.com\r\n')}`);
  assert.equal(other.code, 1);
  assert.match(other.of('way around').text, /takes connections/);
});

test('silence is no proof where nothing else can be reached', async () => {
  // No TCP connection leads to a group (RFC 9293, section 3.9.2.3).
  const silent = ['--outside-only', '--app-from-outside', 'http://224.0.0.1:3000', '--reachable'];
  const lost = await diagnose({}, ...silent, 'http://127.0.0.1:1');
  assert.equal(lost.code, 1);
  assert.match(lost.of('way around').text, /proves nothing while nothing else can be reached/);
  const there = await diagnose({}, ...silent, application.url);
  assert.equal(there.code, 0, there.out);
  assert.match(there.of('way around').text, /no connection from here/);
});

test('Claimgate in front of the application is no way around, but where it lets everybody in', async () => {
  const { port } = await startApp({
    publicUrl: 'https://127.0.0.1',
    yaml: 'rules:\n  - {path: /open, public: true}\n',
  });
  const protectedPath = await outside(`http://127.0.0.1:${port}`);
  assert.equal(protectedPath.code, 0, protectedPath.out);
  assert.match(protectedPath.of('way around').text, /Claimgate answers, and asks for a sign-in/);
  const open = await outside(`http://127.0.0.1:${port}/open`);
  assert.equal(open.code, 1);
  assert.match(open.of('way around').text, /name a path that is protected/);
});

test('the proof stands beside the other tests, too', async () => {
  const all = await diagnose(env, '--app-from-outside', application.url);
  assert.equal(all.code, 1);
  assert.equal(all.of('client').level, 'ok');
  assert.match(all.of('way around').text, /gets around Claimgate/);
});

test('an application that is away has failed, with the setting that names it', async () => {
  const gone = await diagnose({ ...env, PROXY_UPSTREAM_URL: 'http://127.0.0.1:1' });
  assert.equal(gone.code, 1);
  assert.match(gone.of('application').text, /http:\/\/127\.0\.0\.1:1: nothing listens there/);
  assert.deepEqual(gone.of('application').settings, ['PROXY_UPSTREAM_URL']);
  const secure = await diagnose({ ...env, PROXY_UPSTREAM_URL: application.url.replace('http:', 'https:') });
  assert.match(secure.of('application').text, /perhaps it speaks plain http/);
});

test('a public URL that somebody else answers, or with another scheme, is a warning', async () => {
  const somebody = await diagnose({ ...env, PROXY_PUBLIC_URL: application.url.replace('127.0.0.1', 'localhost') });
  assert.match(somebody.of('public address').text, /it is not Claimgate/);
  const scheme = await diagnose({ ...env, PROXY_PUBLIC_URL: application.url.replace('http:', 'https:') });
  assert.match(scheme.of('public address').text, /scheme or the port of the public URL may be wrong/);
  assert.equal(scheme.code, 0);
});

test('a provider with a template is asked in its own way', async () => {
  const github = await startOAuth2({
    'GET /login/oauth/authorize': () => ({ status: 302, headers: { location: '/login' }, body: '' }),
    'POST /login/oauth/access_token': ({ form }) =>
      json({
        error: form.get('client_secret') === clientSecret ? 'bad_verification_code' : 'incorrect_client_credentials',
      }),
  });
  const own = {
    ...env,
    PROXY_OIDC_ISSUER: '',
    PROXY_OIDC_TEMPLATE: JSON.stringify(buildLocalTemplate('github', github.origin)),
  };
  const good = await diagnose(own);
  assert.equal(good.code, 0, good.out + good.err);
  assert.match(good.of('client').text, /refused only the made-up code/);
  assert.match(good.of('sign-in').text, /goes on at/);
  const wrong = await diagnose({ ...own, PROXY_OIDC_CLIENT_SECRET: 'another-secret-of-ours' });
  assert.equal(wrong.code, 1);
  assert.match(wrong.of('client').text, /id or the secret is wrong/);
  assert.ok(!wrong.out.includes('another-secret-of-ours'));
});

const leastRights = '+@connection +get +set +del +pttl +pexpire +incr +publish +subscribe +unsubscribe +eval';

test('Redis is asked for all that sessions need', { skip: skipWithoutRedis }, async () => {
  const words = ['--requirepass', 'the-password-of-redis', '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'];
  const redis = await startRedis({ words, cli: ['-a', 'the-password-of-redis'] });
  const own = { ...env, PROXY_SESSION_STORE: 'redis', PROXY_REDIS_URL: redis.url };
  const good = await diagnose({ ...own, PROXY_REDIS_PASSWORD: 'the-password-of-redis' });
  assert.equal(good.code, 0, good.out);
  assert.match(good.of('redis').text, /maxmemory-policy is allkeys-lru.*set noeviction/);
  assert.equal(redis.command('DBSIZE'), '0');
  redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  const better = await diagnose({ ...own, PROXY_REDIS_PASSWORD: 'the-password-of-redis' });
  assert.equal(better.of('redis').level, 'ok', better.out);
  redis.command(
    ...`ACL SETUSER claimgate on >the-password-of-redis ~claimgate:* &claimgate:* ${leastRights}`.split(' '),
  );
  const least = await diagnose({
    ...own,
    PROXY_REDIS_USERNAME: 'claimgate',
    PROXY_REDIS_PASSWORD: 'the-password-of-redis',
  });
  assert.equal(least.code, 0, least.out);
  assert.match(least.of('redis').text, /this user may not ask with INFO/);
  const without = await diagnose(own);
  assert.equal(without.code, 1);
  assert.match(without.of('redis').text, /connecting: it asks for a password/);
  assert.deepEqual(without.of('redis').settings, ['PROXY_REDIS_PASSWORD']);
  const wrong = await diagnose({ ...own, PROXY_REDIS_URL: `redis://:wrong-password@127.0.0.1:${redis.port}` });
  assert.match(wrong.of('redis').text, /user name or password is wrong/);
  assert.ok(!wrong.out.includes('wrong-password'));
  const gone = await diagnose({ ...own, PROXY_REDIS_URL: 'redis://127.0.0.1:1' });
  assert.match(gone.of('redis').text, /nothing listens there/);
});

test('a replica of Redis is told from a primary', { skip: skipWithoutRedis }, async () => {
  const primary = await startRedis();
  const replica = await startRedis({ words: ['--replicaof', '127.0.0.1', String(primary.port)] });
  const found = await diagnose({ ...env, PROXY_SESSION_STORE: 'redis', PROXY_REDIS_URL: replica.url });
  assert.equal(found.code, 1);
  assert.match(found.of('redis').text, /replica/);
  assert.equal((await runDoctor({}, '--outside-only')).code, 2);
});
