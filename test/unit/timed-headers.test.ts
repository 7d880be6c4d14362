import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { IdentityTokens } from '../../src/session/identity-token.ts';
import type { Session } from '../../src/session/session.ts';
import { type AddTimed, createTimedHeaders, type TimedHeaderOptions } from '../../src/session/timed-headers.ts';

const NOW = 1_700_000_000;
const base: Session = {
  id: 'i',
  iss: 'https://i',
  sub: 's',
  startedAt: NOW,
  expiresAt: NOW + 3_600,
  person: { user: 'zoe', roles: ['admin'] },
};
const idToken = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

interface Bench {
  readonly clock: { ms: number };
  readonly signed: number[];
  readonly read: (add: AddTimed | undefined) => readonly string[];
  readonly build: (session: Session) => AddTimed | undefined;
}

function build(options: Partial<TimedHeaderOptions> & { readonly lifetime?: number } = {}): Bench {
  const { lifetime, ...rest } = options;
  const clock = { ms: NOW * 1_000 };
  const signed: number[] = [];
  const tokens: IdentityTokens = {
    lifetime: lifetime ?? 60,
    jwks: '',
    sign(_session, at) {
      signed.push(at);
      return `token-${at}`;
    },
  };
  return {
    clock,
    signed,
    build: createTimedHeaders({
      authorization: false,
      accessTokenHeaders: [],
      idTokenHeaders: [],
      now: () => clock.ms,
      ...(lifetime === undefined ? {} : { identity: { header: 'X-Identity', tokens } }),
      ...rest,
    }),
    read(add) {
      const headers: string[] = [];
      add?.(headers);
      return headers;
    },
  };
}

test('nothing is added where nothing is wanted, or for a person who may not pass', () => {
  const problem = { code: 'role_unmapped', claim: 'roles', sources: [] } as const;
  const full = { ...base, tokens: { accessToken: 'at' }, idToken: idToken({}) };
  assert.equal(build().build(full), undefined);
  const all = build({ lifetime: 60, authorization: true, accessTokenHeaders: ['A'], idTokenHeaders: ['I'] });
  assert.equal(all.build({ ...full, person: { user: 'zoe', roles: [], problem } }), undefined);
  assert.equal(all.read(all.build(full)).length, 8);
});

test('one signature serves until half of its life is over', () => {
  const bench = build({ lifetime: 60 });
  const add = bench.build(base);
  assert.deepEqual(bench.signed, [], 'nothing is signed before the first request');
  assert.deepEqual(bench.read(add), ['X-Identity', `token-${NOW}`]);
  bench.clock.ms += 29_999;
  assert.deepEqual(bench.read(add), ['X-Identity', `token-${NOW}`]);
  bench.clock.ms += 1;
  assert.deepEqual(bench.read(add), ['X-Identity', `token-${NOW + 30}`]);
  assert.equal(bench.signed.length, 2);
  bench.clock.ms -= 3_600_000;
  assert.deepEqual(bench.read(add), ['X-Identity', `token-${NOW + 30 - 3_600}`], 'a clock that was set back');
});

test('property: at every request the token is valid for at least half of its life, and no older', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 300 }),
      fc.array(fc.integer({ min: -100_000, max: 400_000 }), { maxLength: 30 }),
      (lifetime, steps) => {
        const bench = build({ lifetime });
        const add = bench.build(base);
        let requests = 0;
        for (const step of steps) {
          bench.clock.ms += step;
          requests += 1;
          const at = Number(bench.read(add)[1]?.slice('token-'.length));
          const age = bench.clock.ms / 1_000 - at;
          assert.ok(age >= 0 && age < Math.max(lifetime / 2, 1), `${age} of ${lifetime}`);
        }
        assert.ok(bench.signed.length <= requests);
      },
    ),
  );
});

test('an access token goes into the headers that want it, until it expires', () => {
  const bench = build({ authorization: true, accessTokenHeaders: ['X-A', 'X-B'] });
  const add = bench.build({ ...base, tokens: { accessToken: 'at', expiresAt: NOW + 10 } });
  const all = ['X-A', 'at', 'X-B', 'at', 'Authorization', 'Bearer at'];
  assert.deepEqual(bench.read(add), all);
  bench.clock.ms += 9_999;
  assert.deepEqual(bench.read(add), all);
  bench.clock.ms += 1;
  assert.deepEqual(bench.read(add), []);
  const endless = bench.build({ ...base, tokens: { accessToken: 'at' } });
  bench.clock.ms += 1e9;
  assert.deepEqual(bench.read(endless), all);
  const header = build({ accessTokenHeaders: ['X-A'] });
  assert.deepEqual(header.read(header.build({ ...base, tokens: { accessToken: 'at' } })), ['X-A', 'at']);
  assert.equal(bench.build(base), undefined);
});

test('an ID token is added until its exp', () => {
  const bench = build({ idTokenHeaders: ['X-I'] });
  const token = idToken({ exp: NOW + 10 });
  const add = bench.build({ ...base, idToken: token });
  assert.deepEqual(bench.read(add), ['X-I', token]);
  bench.clock.ms += 10_000;
  assert.deepEqual(bench.read(add), []);
  for (const odd of ['opaque', 'a.b.c', idToken({ exp: 'soon' })]) {
    assert.deepEqual(bench.read(bench.build({ ...base, idToken: odd })), ['X-I', odd]);
  }
});

test('property: a token that could break a header is never added', () => {
  const bench = build({ authorization: true, accessTokenHeaders: ['X-A'], idTokenHeaders: ['X-I'] });
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom('\r\n', '\0', ' ', 'é', '\t', ''),
      (a, b) => {
        const token = `${a}${b}x`;
        const headers = bench.read(bench.build({ ...base, tokens: { accessToken: token }, idToken: token }));
        for (const part of headers) assert.match(part, /^(?:Bearer )?[\x21-\x7e]+$/);
        if (/^[\x21-\x7e]+$/.test(token)) assert.equal(headers.length, 6);
      },
    ),
  );
});
