import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/errors.ts';
import { stripCookies } from '../../src/http/cookies.ts';
import { checkRequest, createHeaderFilter } from '../../src/proxy/headers.ts';
import { isAllowedOrigin } from '../../src/proxy/origin.ts';

const isOwnCookie = (name: string) => name.startsWith('__Host-cg');
const options = { identityHeaders: ['X-User', 'X.App_Role'], isOwnCookie, stripCookies };
const filter = createHeaderFilter(options);
const extra = ['X-User', 'zoe', 'X-Forwarded-For', '192.0.2.1'];

/** Names that must never come through from a client, as they are usually written. */
const forbidden = [
  'X-User',
  'X-App-Role',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Uri',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Access-Token',
  'X-Forwarded',
  'Forwarded',
  'X-Real-Ip',
  'X-Request-Id',
  'X-Auth-Request-User',
  'X-Remote-User',
  'Remote-User',
  'Remote-Groups',
  'Remote-Name',
  'Remote-Email',
  'X-Authentik-Meta-App',
  'X-Authentik-Jwt',
  'X-Webauth-User',
  'X-Webauth-Anything',
  'X-Claimgate-Identity',
  'X-Original-Url',
  'X-Original-Uri',
  'X-Original-Method',
  'X-Original-Host',
  'X-Rewrite-Url',
  'X-Envoy-Original-Path',
  'Keep-Alive',
  'Proxy-Connection',
  'Proxy-Authorization',
  'Proxy-Authenticate',
  'Te',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'Expect',
  'Http2-Settings',
  'Proxy',
];

const spell: ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.replaceAll('-', '.'),
  (name) => name.replace('-', '_'),
  (name) => name.replaceAll('-', '~').toUpperCase(),
];

for (const name of forbidden) {
  test(`no spelling of ${name} passes`, () => {
    for (const write of spell) {
      assert.deepEqual(filter.buildRequestHeaders([write(name), 'evil'], extra), extra, write(name));
      assert.deepEqual(filter.buildRequestHeaders([write(name), 'evil'], extra), extra, `${write(name)}, remembered`);
    }
  });
}

for (const name of ['Content-Length', 'Content-Type', 'Host', 'Cookie', 'Authorization', 'Connection', 'Origin']) {
  test(`only the proper spelling of ${name} passes`, () => {
    for (const write of spell) {
      const spelt = write(name);
      const passes = spelt.toLowerCase() === name.toLowerCase() && name !== 'Connection';
      assert.deepEqual(filter.buildRequestHeaders([spelt, 'close'], []), passes ? [spelt, 'close'] : [], spelt);
    }
  });
}

// What the client sends, and what is left of it.
const kept: [title: string, sent: string[], left: string[]][] = [
  ['order, case and repeats stay', ['X-b', '1', 'x-A', '2', 'X-b', '3'], ['X-b', '1', 'x-A', '2', 'X-b', '3']],
  [
    'names that only begin alike stay',
    ['X-Users', '1', 'X-Forwarder', '2', 'Te-X', '3', 'XForwarded-For', '4'],
    ['X-Users', '1', 'X-Forwarder', '2', 'Te-X', '3', 'XForwarded-For', '4'],
  ],
  [
    'what Connection names goes, also before it',
    ['X-1', 'a', 'Connection', 'X-1, x-2', 'X-2', 'b', 'X-3', 'c'],
    ['X-3', 'c'],
  ],
  [
    'two Connection lines',
    ['connection', 'x-1', 'X-1', 'a', 'Connection', 'keep-alive,x-2', 'X-2', 'b', 'X-3', 'c'],
    ['X-3', 'c'],
  ],
  [
    'Connection names neither Host nor the length',
    ['Connection', 'host, Content-Length', 'Host', 'h', 'Content-Length', '1'],
    ['Host', 'h', 'Content-Length', '1'],
  ],
  ['method overrides are the application’s', ['X-HTTP-Method-Override', 'PUT'], ['X-HTTP-Method-Override', 'PUT']],
  ['own cookies go', ['Cookie', 'a=1; __Host-cg=x; b=2'], ['Cookie', 'a=1; b=2']],
  ['a Cookie line of own cookies goes', ['Cookie', '__Host-cg=x; __Host-cg.1=y', 'Cookie', 'a=1'], ['Cookie', 'a=1']],
  ['authorization stays', ['Authorization', 'Bearer x'], ['Authorization', 'Bearer x']],
];

for (const [title, sent, left] of kept) {
  test(`request headers: ${title}`, () => {
    assert.deepEqual(filter.buildRequestHeaders(sent, extra), [...left, ...extra]);
  });
}

test('Connection takes none of our headers away, whatever it names', () => {
  const names = extra.filter((_, index) => index % 2 === 0);
  for (const value of [names.join(','), names.join(' , ').toLowerCase()]) {
    assert.deepEqual(
      filter.buildRequestHeaders(['Connection', value, 'connection', value, 'X-User', 'evil'], extra),
      extra,
    );
  }
});

test('method overrides go where rules depend on methods', () => {
  const strict = createHeaderFilter({ ...options, dropMethodOverride: true });
  for (const name of ['X-HTTP-Method-Override', 'x_http_method_override', 'X-HTTP-Method', 'X-Method-Override']) {
    assert.deepEqual(strict.buildRequestHeaders([name, 'DELETE'], []), []);
  }
});

test('the Host of the client goes where the upstream wants its own', () => {
  assert.deepEqual(createHeaderFilter({ ...options, host: 'upstream' }).buildRequestHeaders(['Host', 'a'], []), []);
});

test('a flood of names does not change a verdict', () => {
  for (let count = 0; count < 5000; count++) filter.buildRequestHeaders([`X-${count}`, '1'], []);
  assert.deepEqual(filter.buildRequestHeaders(['x_user', 'evil', 'X-Ok', '1'], []), ['X-Ok', '1']);
});

test('whatever is sent, nothing folds onto a name that is ours', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/),
    fc.constantFrom(...forbidden).chain((base) => fc.constantFrom(...spell).map((write) => write(base))),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.constantFrom('evil', 'x-user', 'close, X-Forwarded-For'))), (pairs) => {
      const headers = filter.buildRequestHeaders(pairs.flat(), extra);
      const folded = headers
        .filter((_, index) => index % 2 === 0)
        .map((one) => one.toLowerCase().replace(/[^a-z0-9]/g, '-'));
      assert.deepEqual(headers.slice(-extra.length), extra);
      assert.equal(folded.filter((one) => one === 'x-user').length, 1);
      assert.equal(folded.filter((one) => one.startsWith('x-forwarded-')).length, 1);
    }),
    { numRuns: 1000 },
  );
});

// Header lines; the refusal, if any.
const checks: [headers: string[], code: string | undefined][] = [
  [['Host', 'a'], undefined],
  [['Host', 'a', 'host', 'a'], 'header_duplicated'],
  [['Authorization', 'a', 'AUTHORIZATION', 'b'], 'header_duplicated'],
  [['Content-Type', 'a', 'content-type', 'a'], 'header_duplicated'],
  [['Content-Length', '1', 'content-length', '1'], 'header_duplicated'],
  [['Origin', 'a', 'origin', 'b'], 'header_duplicated'],
  [['Upgrade', 'a', 'upgrade', 'b'], 'header_duplicated'],
  [['Transfer-Encoding', 'chunked', 'transfer-encoding', 'chunked'], 'header_duplicated'],
  [['Cookie', 'a=1', 'Cookie', 'b=2', 'Accept', 'x', 'Accept', 'y'], undefined],
  [['Transfer-Encoding', 'chunked'], undefined],
  [['transfer-encoding', 'Chunked'], undefined],
  [['Transfer-Encoding', 'gzip, chunked'], 'transfer_coding_refused'],
  [['Transfer-Encoding', 'chunked, chunked'], 'transfer_coding_refused'],
  [['Transfer-Encoding', 'identity'], 'transfer_coding_refused'],
  [['Transfer-Encoding', ''], 'transfer_coding_refused'],
  [['Transfer-Encoding', 'xchunked'], 'transfer_coding_refused'],
];

for (const [headers, code] of checks) {
  test(`${headers.join(' ')} is ${code ?? 'fine'}`, () => {
    let refusal: unknown;
    try {
      checkRequest(headers);
    } catch (thrown) {
      refusal = thrown;
    }
    assert.equal(refusal instanceof Refusal ? refusal.code : refusal, code);
  });
}

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text, 'latin1'));

// A Location from the upstream http://app:3000, and what the client sees.
const locations: [sent: string, seen: string][] = [
  ['http://app:3000', 'https://app.example'],
  ['HTTP://APP:3000/Path', 'https://app.example/Path'],
  ['http://app:3000?a', 'https://app.example?a'],
  ['http://app:3000#a', 'https://app.example#a'],
  ['http://app:30001/', 'http://app:30001/'],
  ['http://app:3000@evil.example/', 'http://app:3000@evil.example/'],
  ['https://app:3000/', 'https://app:3000/'],
  ['/relative', '/relative'],
  ['', ''],
];

for (const [sent, seen] of locations) {
  test(`Location "${sent}" becomes "${seen}"`, () => {
    const rewriting = createHeaderFilter({
      ...options,
      location: { upstream: 'http://app:3000', public: 'https://app.example' },
    });
    assert.deepEqual(rewriting.buildResponseHeaders(bytes('location', sent), []), ['location', seen]);
    assert.deepEqual(filter.buildResponseHeaders(bytes('location', sent), []), ['location', sent]);
  });
}

test('the names of cookies are found as a browser finds them', () => {
  for (const line of [
    '__Host-cg=1',
    ' __Host-cg =1; Path=/',
    '__Host-cg',
    '=__Host-cg=1',
    ' = __Host-cg.2=1',
    '__Host-cg;x=y',
  ]) {
    assert.deepEqual(
      filter.buildResponseHeaders(bytes('Set-Cookie', line), ['ours=1']),
      ['Set-Cookie', 'ours=1'],
      line,
    );
  }
  for (const line of ['a=__Host-cg=1', 'x__Host-cg=1', '__Hos=1']) {
    assert.deepEqual(filter.buildResponseHeaders(bytes('set-cookie', line), []), ['set-cookie', line]);
  }
});

test('Connection in an answer cannot remove our cookie', () => {
  assert.deepEqual(filter.buildResponseHeaders(bytes('Connection', 'set-cookie', 'Set-Cookie', 'a=1'), ['ours=1']), [
    'Set-Cookie',
    'ours=1',
  ]);
});

// Origin of the page that opens a WebSocket.
const origins: [origin: string | undefined, allowed: boolean][] = [
  [undefined, true],
  ['https://app.example', true],
  ['HTTPS://App.Example', true],
  ['https://app.example:8443', false],
  ['http://app.example', false],
  ['https://app.example.evil.example', false],
  ['https://evil-app.example', false],
  ['https://app.example/', false],
  ['null', false],
  ['', false],
];

for (const [origin, allowed] of origins) {
  test(`a page of ${origin ?? 'nobody'} ${allowed ? 'may' : 'may not'} open a WebSocket`, () => {
    assert.equal(isAllowedOrigin(origin, new Set(['https://app.example'])), allowed);
  });
}
