import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { createFixedKeys } from '../../src/oidc/keys.ts';
import { checkLogoutToken } from '../../src/oidc/logout-token.ts';
import { buildKeySet, sign } from '../support/provider-keys.ts';

const now = 1_800_000_000;
const issuer = 'https://op.example';
const event = 'http://schemas.openid.net/event/backchannel-logout';
const good = {
  iss: issuer,
  aud: 'app',
  iat: now,
  exp: now + 120,
  jti: 'j',
  events: { [event]: {} },
  sub: 'anna',
  sid: 's',
};

let keys: ReturnType<typeof createFixedKeys>;
before(async () => {
  keys = createFixedKeys(await buildKeySet(0));
});

async function check(claims: unknown, header: Record<string, unknown> = { typ: 'logout+jwt' }) {
  const token = await sign(claims, header, { signing: 'RS256', generation: 0, clientSecret: undefined });
  return await checkLogoutToken(token, { issuer, clientId: 'app', algorithms: ['RS256'], keys, now: now * 1_000 });
}

describe('a logout token', () => {
  it('says whose session has ended, and until when it must be remembered', async () => {
    assert.deepEqual(await check(good), { iss: issuer, sub: 'anna', sid: 's', jti: 'j', until: now + 660 });
  });

  const accepted: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>?])[] = [
    ['without sid', { ...good, sid: undefined }],
    ['without sub', { ...good, sub: undefined }],
    ['without exp', { ...good, exp: undefined }],
    ['with several audiences', { ...good, aud: ['other', 'app'] }],
    ['with further events', { ...good, events: { [event]: {}, other: {} } }],
    ['with members in its event', { ...good, events: { [event]: { a: 1 } } }],
    ['made a little in the future', { ...good, iat: now + 59 }],
    ['made ten minutes ago', { ...good, iat: now - 600 }],
    ['without a type', good, {}],
    ['of type JWT', good, { typ: 'JWT' }],
    ['of the long type', good, { typ: 'application/logout+jwt' }],
  ];
  for (const [what, claims, header] of accepted) {
    it(`is good ${what}`, async () => {
      await check(claims, header);
    });
  }

  const refused: readonly (readonly [string, Record<string, unknown>])[] = [
    ['neither sub nor sid', { ...good, sub: undefined, sid: undefined }],
    ['no iat', { ...good, iat: undefined }],
    ['made eleven minutes ago', { ...good, iat: now - 601 }],
    ['made in the future', { ...good, iat: now + 61 }],
    ['no events', { ...good, events: null }],
    ['other events', { ...good, events: { other: {} } }],
    ['a sub that is too long', { ...good, sub: 'x'.repeat(256) }],
    ['an audience that only begins like ours', { ...good, aud: 'app2' }],
    ['no audience', { ...good, aud: undefined }],
  ];
  for (const [what, claims] of refused) {
    it(`is refused with ${what}`, () => assert.rejects(check(claims), { code: 'logout_token_invalid' }));
  }

  it('property: whatever its claims are, it is refused unless each is as it must be', async () => {
    const names = ['iss', 'aud', 'iat', 'jti', 'events'];
    const name = fc.constantFrom(...names);
    const value = fc.oneof(fc.jsonValue(), fc.constant(undefined));
    await fc.assert(
      fc.asyncProperty(name, value, async (changed, other) => {
        const isGood = JSON.stringify(other) === JSON.stringify(good[changed as keyof typeof good]);
        const isOtherJti = changed === 'jti' && typeof other === 'string' && other !== '';
        fc.pre(!isGood && !isOtherJti);
        await assert.rejects(check({ ...good, [changed]: other }), { code: 'logout_token_invalid' });
      }),
      { numRuns: 60 },
    );
  });
});
