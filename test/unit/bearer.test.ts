import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { PersonPolicy } from '../../src/access/person.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { VerifiedToken } from '../../src/oidc/bearer.ts';
import { type BearerProvider, createBearer } from '../../src/routes/bearer.ts';
import { basePolicy } from '../support/policy.ts';

const start = 1_800_000_000;
const policy: PersonPolicy = { ...basePolicy, userClaims: ['sub'], roleClaim: 'roles' };

function setUp(verified: Partial<VerifiedToken> = {}, cacheTtl = 10_000) {
  const asked: string[] = [];
  const revoked = new Set<string>();
  let now = start * 1_000;
  const buildProvider = (mark: string, issuers: readonly string[]): BearerProvider => ({
    mark,
    policy,
    provider: {
      listIssuers: () => issuers,
      async verifyAccessToken() {
        asked.push(mark);
        const claims = { sub: 'anna', roles: ['admin'] };
        return { claims: { accessToken: claims }, iss: issuers[0] ?? '', sub: 'anna', isLive: false, ...verified };
      },
    },
  });
  const bearer = createBearer({
    providers: [
      buildProvider('one', ['https://one.example']),
      buildProvider('two', ['https://two.example', 'two-adfs']),
    ],
    openSession: (session) => ({
      session,
      identity: ['X-User', session.person.user ?? ''],
      endsAt: 0,
      dueAt: 0,
      usage: undefined,
    }),
    keepToken: false,
    isRevoked: ({ sub }) => revoked.has(sub),
    cacheEntries: 10,
    cacheTtl,
    maxInFlight: 10,
    metrics: createMetrics({ countTunnels: () => 0, listProviders: () => [] }),
    now: () => now,
    randomBytes,
  });
  const find = (token: string) => bearer?.find(['Authorization', `Bearer ${token}`]);
  return { asked, revoked, bearer, find, advance: (seconds: number) => (now += seconds * 1_000) };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const buildToken = (issuer: unknown): string => `${encode({ alg: 'RS256' })}.${encode({ iss: issuer })}.x`;

describe('the provider of a bearer token', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['the first issuer', buildToken('https://one.example'), 'one'],
    ['the second issuer', buildToken('https://two.example'), 'two'],
    ['another issuer of the second provider', buildToken('two-adfs'), 'two'],
    ['an unknown issuer', buildToken('https://two.example/'), 'one'],
    ['an issuer that is no text', buildToken(['https://two.example']), 'one'],
    ['an opaque token', 'opaque', 'one'],
  ];
  for (const [what, token, expected] of cases) {
    it(`${expected} for ${what}`, async () => {
      const { find, asked } = setUp();
      const opened = await find(token);
      assert.deepEqual(asked, [expected]);
      assert.equal(opened?.session.provider, expected);
    });
  }
});

describe('the session of a bearer token', () => {
  it('has what a sign-in would have given', async () => {
    const { find } = setUp({ issuedAt: start - 3, expiresAt: start + 60, sid: 's', acr: 'mfa', authTime: start - 5 });
    const opened = await find('token-that-is-secret');
    assert.deepEqual(opened?.identity, ['X-User', 'anna']);
    const { id, person, ...session } = opened?.session ?? {};
    assert.match(id ?? '', /^[\w-]{22}$/);
    assert.deepEqual(person, { user: 'anna', roles: ['admin'] });
    assert.deepEqual(session, {
      provider: 'one',
      iss: 'https://one.example',
      sub: 'anna',
      sid: 's',
      acr: 'mfa',
      authTime: start - 5,
      startedAt: start - 3,
      expiresAt: start + 60,
    });
    assert.ok(!JSON.stringify(opened).includes('secret'));
  });

  const ages: readonly (readonly [string, Partial<VerifiedToken>, number])[] = [
    ['as old as the token says', { issuedAt: start - 3.5 }, start - 4],
    ['never younger than now', { issuedAt: start + 50 }, start],
    ['as old as any where the token does not say', {}, 0],
    ['new where the provider itself has vouched for it', { isLive: true }, start],
  ];
  for (const [what, verified, startedAt] of ages) {
    it(`is ${what}`, async () => {
      const { find } = setUp(verified);
      assert.equal((await find('x'))?.session.startedAt, startedAt);
    });
  }

  it('is refused from the moment it is revoked, though it is remembered', async () => {
    const { find, revoked, asked } = setUp();
    await find('x');
    assert.ok(!(find('x') instanceof Promise));
    revoked.add('anna');
    assert.throws(() => find('x'), { code: 'invalid_token' });
    await assert.rejects(async () => find('y'), { code: 'invalid_token' });
    assert.equal(asked.length, 2);
  });

  const lifetimes: readonly (readonly [string, Partial<VerifiedToken>, number, number?])[] = [
    ['until it expires', { expiresAt: start + 60 }, 60],
    ['five minutes when it lasts longer', { expiresAt: start + 3_600 }, 300],
    ['the configured time when it does not say how long', {}, 10],
    ['the configured time when the provider vouched for it', { isLive: true, expiresAt: start + 3_600 }, 10],
    ['until it expires though the configured time is longer', { isLive: true, expiresAt: start + 5 }, 5],
    ['not at all with a configured time of 0', { isLive: true }, 0, 0],
  ];
  for (const [what, verified, seconds, ttl] of lifetimes) {
    it(`is believed ${what}`, async () => {
      const { find, advance, asked } = setUp(verified, ttl);
      await find('x');
      if (seconds > 0) {
        advance(seconds - 1);
        assert.ok(!(find('x') instanceof Promise));
        advance(1);
      }
      await find('x');
      assert.equal(asked.length, 2);
    });
  }

  it('without a token there is nobody, and nobody is asked', () => {
    const { bearer, asked } = setUp();
    assert.equal(bearer?.find(['Authorization', 'Basic x', 'Cookie', 'a=b']), undefined);
    assert.deepEqual(asked, []);
  });
});
