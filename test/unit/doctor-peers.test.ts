import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../src/doctor/finding.ts';
import { findNetworkFault, type NetworkFault } from '../../src/doctor/judge-network.ts';
import { judgeOutside, type OutsideMeeting } from '../../src/doctor/judge-outside.ts';
import { judgePublicAnswer, judgePublicFault, judgeStart } from '../../src/doctor/judge-public.ts';
import { judgeRedisFault, judgeRedisInfo } from '../../src/doctor/judge-redis.ts';
import {
  isLoopbackHost,
  judgeDistance,
  judgeOwnAddresses,
  judgeUpstreamAnswer,
  judgeUpstreamFault,
} from '../../src/doctor/judge-upstream.ts';
import type { PlainAnswer } from '../../src/doctor/plain-answer.ts';
import { findOutsideAddress } from '../../src/doctor/probe-outside.ts';
import { buildFault, testFindings } from '../support/findings.ts';

const causes: readonly (readonly [
  code: string,
  message: string,
  kind: NetworkFault['kind'] | undefined,
  cause: RegExp,
])[] = [
  ['ENOTFOUND', '', 'name', /unknown here/],
  ['EAI_AGAIN', '', 'name', /name server/],
  ['ECONNREFUSED', '', 'refused', /nothing listens/],
  ['UND_ERR_CONNECT_TIMEOUT', '', 'silent', /firewall/],
  ['EHOSTUNREACH', '', 'no_way', /no way/],
  ['ECONNRESET', '', 'broken', /ended without an answer/],
  ['CERT_HAS_EXPIRED', '', 'certificate', /has expired/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', '', 'certificate', /another name/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', '', 'certificate', /not trusted: it is self-signed/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', '', 'certificate', /not trusted: its authority is unknown/],
  ['EPROTO', 'ssl3_get_record:wrong version number', 'tls', /perhaps it speaks plain http/],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', '', 'tls', /demands a certificate/],
  ['EPROTO', 'x', 'tls', /handshake failed/],
  ['HPE_INVALID_CONSTANT', '', 'protocol', /not HTTP/],
  ['ENOENT', '', 'socket', /no such socket/],
  ['X', '', undefined, /^$/],
];
for (const [code, message, kind, cause] of causes) {
  test(`${code} ${message} has a cause in plain words`, () => {
    const fault = findNetworkFault(buildFault(code, message));
    assert.equal(fault?.kind, kind);
    assert.match(fault?.cause ?? '', cause);
  });
}

test('an error of several attempts, and one that has none, have a cause', () => {
  const both = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]);
  assert.equal(findNetworkFault(both)?.kind, 'refused');
  assert.equal(findNetworkFault(new DOMException('x', 'TimeoutError'))?.kind, 'silent');
  assert.equal(findNetworkFault('text'), undefined);
});

const answer = (status: number, body = '', more: Partial<PlainAnswer> = {}): PlainAnswer => ({
  status,
  body,
  setCookies: [],
  ...more,
});
const own = answer(401, '{"error":"login_required","request_id":"x"}');
const app = 'http://10.0.0.7:3000/';
const shut = (code: string, hasWay = true): Finding =>
  judgeOutside(app, { kind: 'no_connection', error: buildFault(code) }, hasWay);
const mute = (error: unknown): Finding => judgeOutside(app, { kind: 'no_answer', error }, true);
const says = (given: PlainAnswer): Finding => judgeOutside(app, { kind: 'answer', answer: given }, true);

testFindings([
  ['the port is closed', shut('ECONNREFUSED'), 'ok', /nothing listens there/],
  ['a policy drops everything', shut('ETIMEDOUT'), 'ok', /no connection from here/],
  ['the port is closed, whoever else can be reached', shut('ECONNREFUSED', false), 'ok', /nothing listens there/],
  [
    'a policy drops everything, as far as can be seen',
    shut('ETIMEDOUT', false),
    'failed',
    /proves nothing while nothing else can be reached.*--reachable/,
  ],
  ['there is no network', shut('ENETUNREACH', false), 'failed', /proves nothing/],
  ['a name that leads nowhere proves nothing', shut('ENOTFOUND'), 'failed', /proves nothing/],
  ['an attempt that failed for another reason proves nothing', shut('EMFILE'), 'failed', /proves nothing/],
  [
    'the application answers',
    says(answer(200)),
    'failed',
    /status 200\) without a sign-in.*gets around Claimgate.*127\.0\.0\.1 or a unix socket/,
  ],
  [
    'the application has a sign-in of its own',
    says(answer(401, '{"error":"login_required"}')),
    'failed',
    /gets around/,
  ],
  ['the application redirects', says(answer(302, '', { location: '/login' })), 'failed', /gets around/],
  ['the application is broken', says(answer(500)), 'failed', /gets around/],
  ['Claimgate answers', says(own), 'ok', /Claimgate answers, and asks for a sign-in/],
  [
    'a slow application',
    mute(new DOMException('x', 'TimeoutError')),
    'failed',
    /takes connections \(and no HTTP came back\)/,
  ],
  ['something that is not HTTP', mute(buildFault('HPE_INVALID_CONSTANT')), 'failed', /takes connections/],
  ['a connection that is cut', mute(buildFault('ECONNRESET')), 'failed', /takes connections/],
  ['an error without a name', mute(new Error('x')), 'failed', /takes connections/],
]);

test('whatever takes a connection from outside has failed, but Claimgate that asks for a sign-in', () => {
  const code = fc.constantFrom(
    'ECONNREFUSED',
    'ETIMEDOUT',
    'ECONNRESET',
    'EPROTO',
    'ENOTFOUND',
    'CERT_HAS_EXPIRED',
    'X',
  );
  const meeting: fc.Arbitrary<OutsideMeeting> = fc.oneof(
    code.map((one) => ({ kind: 'no_answer' as const, error: buildFault(one) })),
    fc
      .tuple(fc.integer({ min: 200, max: 599 }), fc.constantFrom('', '{}', own.body, '{"error":"x","request_id":"x"}'))
      .filter(([status, body]) => status !== 401 || body !== own.body)
      .map(([status, body]) => ({ kind: 'answer' as const, answer: answer(status, body) })),
  );
  fc.assert(fc.property(meeting, (met) => judgeOutside(app, met, true).level === 'failed'));
});

test('an address from outside is http or https, and holds no password', () => {
  assert.equal(findOutsideAddress('10.0.0.7:3000')?.href, app);
  assert.equal(findOutsideAddress('https://app.internal/x')?.href, 'https://app.internal/x');
  for (const text of ['ftp://x', 'http://u:p@x', 'http://', 'http://u@x']) {
    assert.equal(findOutsideAddress(text), undefined, text);
  }
});

const at = new URL('https://app.example.com/oauth2/userinfo');
const meets = (status: number, location?: string): Finding =>
  judgePublicAnswer(answer(status, '', location === undefined ? {} : { location }), at);
testFindings([
  ['we are there', judgePublicAnswer(own, at), 'ok', /Claimgate answers/],
  [
    'a circle',
    meets(308, at.href),
    'failed',
    /redirects to itself.*X-Forwarded-Proto/,
    ['PROXY_FORCE_HTTPS', 'PROXY_TRUSTED_PROXIES'],
  ],
  [
    'another host',
    meets(301, 'https://www.example.com/'),
    'warning',
    /people end at another address/,
    ['PROXY_PUBLIC_URL'],
  ],
  ['somebody else', meets(404), 'warning', /it is not Claimgate/],
  [
    'the scheme is wrong',
    judgePublicFault(buildFault('EPROTO', 'wrong version number'), at),
    'warning',
    /scheme or the port of the public URL may be wrong/,
    ['PROXY_PUBLIC_URL'],
  ],
  [
    'a name that is known outside only',
    judgePublicFault(buildFault('ENOTFOUND'), at),
    'not_tested',
    /need not mean anything/,
  ],
  ['an expired certificate', judgePublicFault(buildFault('CERT_HAS_EXPIRED'), at), 'warning', /expired/],
  [
    'an authority of its own',
    judgePublicFault(buildFault('SELF_SIGNED_CERT_IN_CHAIN'), at),
    'not_tested',
    /not trusted/,
  ],
]);

const start = {
  clientIds: ['app'],
  redirectUris: ['https://app.example.com/oauth2/callback'],
  cookiePrefix: 'a-login.',
  secure: true,
};
const begins = (query: string, ...setCookies: string[]): readonly Finding[] =>
  judgeStart(answer(302, '', { location: `https://id.example.com/authorize?${query}`, setCookies }), start);
const good = 'client_id=app&redirect_uri=https://app.example.com/oauth2/callback';
test('the way to a sign-in is judged as browsers meet it', () => {
  assert.deepEqual(
    begins(good, '__Host-a-login.x=b; Secure').map(({ level }) => level),
    ['ok'],
  );
  assert.match(begins(good)[0]?.sentence ?? '', /cookie is lost/);
  assert.match(begins(good, 'a-login.x=b; HttpOnly')[0]?.sentence ?? '', /without Secure/);
  assert.match(
    begins('client_id=other', '__Host-a-login.x=b; Secure')[0]?.sentence ?? '',
    /another client id or redirect URI/,
  );
  // Cookies of a balancer count for nothing.
  assert.match(begins(good, 'AWSALB=b; Path=/')[0]?.sentence ?? '', /cookie is lost/);
  assert.deepEqual(
    begins(good, 'AWSALB=b; Path=/', '__Host-a-login.x=b; Secure').map(({ level }) => level),
    ['ok'],
  );
  assert.match(judgeStart(answer(503), start)[0]?.sentence ?? '', /cannot be begun there: status 503/);
  assert.deepEqual(judgeStart(answer(200), start), []);
});

const web = 'http://127.0.0.1:3000';
const upstream = (code: string, message = ''): Finding =>
  judgeUpstreamFault(buildFault(code, message), web, 'PROXY_UPSTREAM_URL');
testFindings([
  ['the application answers', judgeUpstreamAnswer(302, web, 'x'), 'ok', /status 302/],
  [
    'the application wants another host',
    judgeUpstreamAnswer(421, web, 'x'),
    'warning',
    /another Host/,
    ['x', 'PROXY_UPSTREAM_HOST'],
  ],
  ['the application is broken', judgeUpstreamAnswer(502, web, 'x'), 'warning', /502/],
  ['nobody listens', upstream('ECONNREFUSED'), 'failed', /nothing listens/, ['PROXY_UPSTREAM_URL']],
  [
    'the application has another name',
    upstream('ERR_TLS_CERT_ALTNAME_INVALID'),
    'failed',
    /another name/,
    ['PROXY_UPSTREAM_SERVER_NAME', 'PROXY_UPSTREAM_URL'],
  ],
  [
    'the application has an own authority',
    upstream('SELF_SIGNED_CERT_IN_CHAIN'),
    'failed',
    /not trusted/,
    ['PROXY_HTTPS_CACERT'],
  ],
  [
    'the application wants a certificate',
    upstream('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'),
    'failed',
    /demands a certificate/,
    ['PROXY_UPSTREAM_URL', 'PROXY_UPSTREAM_CERT_FILE'],
  ],
  ['the application is silent', upstream('UND_ERR_HEADERS_TIMEOUT'), 'failed', /no answer in time/],
  ['an unknown fault', upstream('X'), 'failed', /the request failed/],
  ['closed at our addresses', judgeOwnAddresses(3000, ['10.0.0.7'], [], true), 'ok', /closed at 10\.0\.0\.7/],
  [
    'not there at all',
    judgeOwnAddresses(3000, ['10.0.0.7'], [], false),
    'not_tested',
    /takes no connection at port 3000/,
  ],
  [
    'open at our addresses',
    judgeOwnAddresses(3000, ['10.0.0.7', 'fd00::7'], ['10.0.0.7'], false),
    'warning',
    /open at 10\.0\.0\.7 as well.*around Claimgate/,
  ],
  ['no addresses', judgeOwnAddresses(3000, [], [], true), 'not_tested', /no address but loopback/],
  ['an application elsewhere', judgeDistance('http://app:3000'), 'not_tested', /--app-from-outside/],
]);

test('loopback hosts are known in every form', () => {
  for (const host of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '::1'])
    assert.ok(isLoopbackHost(host), host);
  for (const host of ['app', '10.0.0.1', '127.0.0.1.example.com', '[::2]', '0.0.0.0'])
    assert.ok(!isLoopbackHost(host), host);
});

const redis = (detail: string): Finding => judgeRedisFault(detail, 'writing');
const info = (text: string): Finding => judgeRedisInfo(text, { mode: 'standalone' })[0] ?? redis('');
testFindings([
  [
    'a password is missing',
    redis('NOAUTH Authentication required.'),
    'failed',
    /^writing: it asks for a password/,
    ['PROXY_REDIS_PASSWORD'],
  ],
  [
    'the password is wrong',
    redis('WRONGPASS invalid username-password pair'),
    'failed',
    /user name or password is wrong/,
  ],
  ['the ACL forbids it', redis("NOPERM User x has no permissions to run the 'eval' command"), 'failed', /ACL/],
  [
    'a replica',
    redis("READONLY You can't write against a read only replica."),
    'failed',
    /replica/,
    ['PROXY_REDIS_URL', 'PROXY_REDIS_MODE'],
  ],
  ['a cluster', redis('MOVED 1 10.0.0.1:6379'), 'failed', /cluster/, ['PROXY_REDIS_MODE']],
  ['full', redis('OOM command not allowed'), 'failed', /memory is full/],
  ['nobody listens', redis('connect ECONNREFUSED 127.0.0.1:1'), 'failed', /nothing listens/],
  ['no TLS there', redis('ERR_SSL_WRONG_VERSION_NUMBER'), 'failed', /does not speak TLS/],
  [
    'another certificate',
    redis('SELF_SIGNED_CERT_IN_CHAIN'),
    'failed',
    /certificate is not accepted/,
    ['PROXY_REDIS_CA_FILE', 'PROXY_REDIS_URL'],
  ],
  ['silence', redis('no answer in time'), 'failed', /rediss/],
  ['a socket that ends', redis('Socket closed unexpectedly'), 'failed', /taken and ended/],
  ['something else is not repeated', redis('secret words'), 'failed', /^writing: it failed$/],
  ['nothing is forgotten', info('maxmemory:100\r\nmaxmemory_policy:noeviction\r\n'), 'ok', /forgets nothing/],
  ['no limit', info('maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n'), 'ok', /forgets nothing/],
  [
    'people would be signed out',
    info('maxmemory:100\r\nmaxmemory_policy:allkeys-lru\r\n'),
    'warning',
    /allkeys-lru.*set noeviction/,
  ],
  ['a replica by INFO', info('role:slave\r\n'), 'failed', /is a replica/],
  ['a cluster by INFO', info('redis_mode:cluster\r\n'), 'failed', /not asked as one/, ['PROXY_REDIS_MODE']],
  ['INFO says nothing', info(''), 'not_tested', /INFO does not say/],
]);
