import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { checkAccessToken, isJwt } from '../../src/oidc/access-token.ts';
import { createKeys, type Keys } from '../../src/oidc/keys.ts';
import { buildKeySet, type Signing, sign } from '../support/provider-keys.ts';
import { findRefusal } from '../support/relying-party.ts';

const now = 1_800_000_000_000;
const seconds = now / 1000;
const good = { iss: 'https://op.example', sub: 'user-1', aud: 'app', exp: seconds + 300 };

let keys: Keys;

before(async () => {
  const body = JSON.stringify(await buildKeySet(0));
  keys = createKeys({
    policy: { refreshIntervalMs: 1e6, timeoutMs: 1e3, rateLimitMs: 1e3, refreshUnknownKid: false },
    http: { load: async () => ({ status: 200, mediaType: 'application/json', body }), close: () => undefined },
    now: () => now,
    schedule: () => () => undefined,
    log: () => undefined,
  });
  keys.use('https://op.example/jwks');
});

interface Case {
  readonly claims: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly signing?: Signing;
  readonly audiences?: readonly string[];
}

async function judge({ claims, header = {}, signing = 'RS256', audiences = ['app'] }: Case): Promise<unknown> {
  const token = await sign(claims, header, { signing, generation: 0, clientSecret: 'secret' });
  const issuers = ['https://op.example', 'https://op.example/adfs'];
  return await checkAccessToken(token, { issuers, audiences, algorithms: ['RS256'], keys, now, sub: 'user-1' });
}

const { aud: _, ...silent } = good;

const accepted: Record<string, Case> = {
  'for the client itself': { claims: good },
  'typ at+jwt': { claims: good, header: { typ: 'at+jwt' } },
  'typ application/at+jwt': { claims: good, header: { typ: 'application/at+jwt' } },
  'typ JWT and Bearer in the claims': { claims: { ...good, typ: 'Bearer' }, header: { typ: 'JWT' } },
  'type oauth-access-token': { claims: { ...good, type: 'oauth-access-token' } },
  'any of several audiences': { claims: { ...good, aud: ['other', 'api'] }, audiences: ['app', 'api'] },
  'issued by the access token issuer': { claims: { ...good, iss: 'https://op.example/adfs' } },
  'no aud, azp ours': { claims: { ...silent, azp: 'app' } },
  'no aud, client_id ours': { claims: { ...silent, client_id: 'app' } },
  'only account, azp ours': { claims: { ...good, aud: 'account', azp: 'app' } },
  'only account in a list, azp ours': { claims: { ...good, aud: ['account'], azp: 'app' } },
  'no sub': { claims: { iss: good.iss, aud: good.aud, exp: good.exp } },
  'exp 59 s ago': { claims: { ...good, exp: seconds - 59 } },
};

const refused: Record<string, Case & { detail: RegExp }> = {
  'iss of another': { claims: { ...good, iss: 'https://other.example' }, detail: /iss is not/ },
  'iss missing': { claims: { sub: 'user-1', aud: 'app', exp: good.exp }, detail: /iss is not/ },
  'sub of another': { claims: { ...good, sub: 'user-2' }, detail: /sub differs/ },
  'sub null': { claims: { ...good, sub: null }, detail: /sub differs/ },
  'exp missing': { claims: { iss: good.iss, sub: 'user-1', aud: 'app' }, detail: /exp is missing/ },
  'exp 60 s ago': { claims: { ...good, exp: seconds - 60 }, detail: /exp passed/ },
  'nbf ahead': { claims: { ...good, nbf: seconds + 61 }, detail: /nbf is 61 s/ },
  'aud of another API': { claims: { ...good, aud: 'other' }, detail: /names an audience of ours: \{"aud":"other"\}/ },
  'aud of another API, azp ours': { claims: { ...good, aud: 'other', azp: 'app' }, detail: /an audience of ours/ },
  'account and another, azp ours': { claims: { ...good, aud: ['account', 'x'], azp: 'app' }, detail: /an audience of/ },
  'no aud, azp of another': { claims: { ...silent, azp: 'other' }, detail: /an audience of ours/ },
  'no aud, azp of another, client_id ours': {
    claims: { ...silent, azp: 'other', client_id: 'app' },
    detail: /an audience of ours/,
  },
  'no aud, no azp': { claims: silent, detail: /an audience of ours/ },
  'the client id where other audiences are configured': {
    claims: good,
    audiences: ['api'],
    detail: /an audience of ours/,
  },
  'aud a number': { claims: { ...good, aud: 1, azp: 'app' }, detail: /aud is neither/ },
  'an ID token by typ': { claims: { ...good, typ: 'ID' }, detail: /another kind/ },
  'a refresh token by typ': { claims: { ...good, typ: 'Refresh' }, detail: /another kind/ },
  'a logout token by typ': { claims: { ...good, typ: 'Logout' }, detail: /another kind/ },
  'an ID token by type': { claims: { ...good, type: 'id-token' }, detail: /another kind/ },
  'a logout token by events': { claims: { ...good, events: {} }, detail: /logout token/ },
  'header typ logout+jwt': { claims: good, header: { typ: 'logout+jwt' }, detail: /another kind/ },
  'header typ dpop+jwt': { claims: good, header: { typ: 'dpop+jwt' }, detail: /another kind/ },
  'another key': { claims: good, signing: 'wrong-key', detail: /signature does not hold/ },
  unsigned: { claims: good, signing: 'none', detail: /algorithm none/ },
  'HS256 with the public key': { claims: good, signing: 'hs256-public-key', detail: /algorithm HS256/ },
  'an algorithm not listed': { claims: good, signing: 'ES256', detail: /algorithm ES256/ },
};

describe('access token', () => {
  for (const [name, one] of Object.entries(accepted)) {
    it(`accepted: ${name}`, async () => {
      assert.deepEqual(await judge(one), one.claims);
    });
  }

  for (const [name, { detail, ...one }] of Object.entries(refused)) {
    it(`refused: ${name}`, async () => {
      await findRefusal(judge(one), 'access_token_invalid', detail);
    });
  }

  it('names nothing but aud and azp in the detail', async () => {
    const marked = { ...good, aud: 'a', azp: 'b', client_id: 'MARK', roles: ['MARK'], scope: 'MARK' };
    assert.doesNotMatch((await findRefusal(judge({ claims: marked }), 'access_token_invalid')).detail, /MARK/);
  });
});

describe('isJwt', () => {
  const cases: Record<string, boolean> = {
    'e30.e30.': true,
    'e30.e30.x': true,
    'e30.e30': false,
    'e30.e30.x.y': false,
    'e30.e30.x.y.z': false,
    'W10.e30.x': false,
    'bnVsbA.e30.x': false,
    'opaque.token.here': false,
    '': false,
  };
  for (const [token, expected] of Object.entries(cases)) {
    it(`${expected} for ${JSON.stringify(token)}`, () => assert.equal(isJwt(token), expected));
  }

  it('property: decides about any text', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof isJwt(text) === 'boolean'));
  });
});
