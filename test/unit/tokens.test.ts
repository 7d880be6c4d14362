import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { exportJWK } from 'jose';
import { Refusal } from '../../src/errors.ts';
import { createKeys, type Keys } from '../../src/oidc/keys.ts';
import { checkIdToken, isEqual } from '../../src/oidc/tokens.ts';
import { buildKeySet, loadKeyPair, type Signing, sign } from '../support/provider-keys.ts';
import { findRefusal } from '../support/relying-party.ts';

const now = 1_800_000_000_000;
const seconds = now / 1000;
const good = { iss: 'https://op.example', sub: 'user-1', aud: 'app', iat: seconds, exp: seconds + 300, nonce: 'n-0S6' };
const header = { typ: 'JWT' };

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
  readonly claims?: Record<string, unknown> | string;
  readonly header?: Record<string, unknown>;
  readonly signing?: Signing;
  readonly algorithms?: readonly string[];
  readonly tamper?: (token: string) => string;
}

async function judge(one: Case): ReturnType<typeof checkIdToken> {
  const { claims = good, signing = 'RS256', algorithms = ['RS256', 'ES256', 'EdDSA'], tamper = (token) => token } = one;
  const token = await sign(claims, { ...header, ...one.header }, { signing, generation: 0, clientSecret: 'secret' });
  return await checkIdToken(tamper(token), {
    issuer: good.iss,
    clientId: 'app',
    algorithms,
    keys,
    now,
    nonce: good.nonce,
    accessToken: 'access',
  });
}

function without(name: keyof typeof good): Record<string, unknown> {
  const { [name]: _, ...rest } = good;
  return rest;
}

function hash(name: string): string {
  const digest = createHash(name).update('access').digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

const accepted: Record<string, Case> = {
  'signed with RS256': {},
  'signed with ES256': { signing: 'ES256' },
  'signed with EdDSA': { signing: 'EdDSA' },
  'without typ': { header: { typ: undefined } },
  'typ spelt as a media type': { header: { typ: 'application/JWT' } },
  'without kid, one key fits': { header: { kid: undefined } },
  'aud as a list of one': { claims: { ...good, aud: ['app'] } },
  'several audiences and azp': { claims: { ...good, aud: ['app', 'api'], azp: 'app' } },
  'azp with one audience': { claims: { ...good, azp: 'app' } },
  'exp 59 s ago': { claims: { ...good, exp: seconds - 59 } },
  'iat 60 s ahead': { claims: { ...good, iat: seconds + 60 } },
  'fractions of a second': { claims: { ...good, exp: seconds + 0.5 } },
  'at_hash for RS256': { claims: { ...good, at_hash: hash('sha256') } },
  'at_hash for EdDSA': { claims: { ...good, at_hash: hash('sha512') }, signing: 'EdDSA' },
  'a sub of 255 characters': { claims: { ...good, sub: 's'.repeat(255) } },
};

const refused: Record<string, Case & { detail: RegExp }> = {
  'iss of another': { claims: { ...good, iss: 'https://op.example1' }, detail: /iss is not/ },
  'iss with a slash more': { claims: { ...good, iss: 'https://op.example/' }, detail: /iss is not/ },
  'iss missing': { claims: without('iss'), detail: /iss is not/ },
  'sub missing': { claims: without('sub'), detail: /sub is missing/ },
  'sub empty': { claims: { ...good, sub: '' }, detail: /sub is missing/ },
  'sub a number': { claims: { ...good, sub: 1 }, detail: /sub is missing/ },
  'sub too long': { claims: { ...good, sub: 's'.repeat(256) }, detail: /sub is longer/ },
  'aud of another': { claims: { ...good, aud: 'app1' }, detail: /aud does not/ },
  'aud missing': { claims: without('aud'), detail: /aud does not/ },
  'aud empty': { claims: { ...good, aud: [] }, detail: /aud does not/ },
  'aud an object': { claims: { ...good, aud: { app: true } }, detail: /aud does not/ },
  'aud with a member that is no text': { claims: { ...good, aud: ['app', 1], azp: 'app' }, detail: /aud does not/ },
  'azp of another': { claims: { ...good, azp: 'other' }, detail: /azp is not/ },
  'azp empty': { claims: { ...good, azp: '' }, detail: /azp is not/ },
  'azp missing with several audiences': { claims: { ...good, aud: ['app', 'api'] }, detail: /azp is missing/ },
  'azp of another with several audiences': {
    claims: { ...good, aud: ['app', 'api'], azp: 'api' },
    detail: /azp is not/,
  },
  'exp missing': { claims: without('exp'), detail: /exp is missing/ },
  'exp 60 s ago': { claims: { ...good, exp: seconds - 60 }, detail: /exp passed 60 s ago/ },
  'exp a text': { claims: { ...good, exp: String(seconds + 300) }, detail: /exp is not a time/ },
  'exp 1e300': { claims: { ...good, exp: 1e300 }, detail: /exp is not a time/ },
  'exp infinite': {
    claims: JSON.stringify(good).replace(`"exp":${seconds + 300}`, '"exp":1e999'),
    detail: /exp is not a time/,
  },
  'exp negative': { claims: { ...good, exp: -1 }, detail: /exp is not a time/ },
  'iat missing': { claims: without('iat'), detail: /iat is missing/ },
  'iat 61 s ahead': { claims: { ...good, iat: seconds + 61 }, detail: /iat is 61 s in the future/ },
  'iat null': { claims: { ...good, iat: null }, detail: /iat is not a time/ },
  'nbf 61 s ahead': { claims: { ...good, nbf: seconds + 61 }, detail: /nbf is 61 s in the future/ },
  'nonce of another': { claims: { ...good, nonce: 'n-0S61' }, detail: /nonce differs/ },
  'nonce missing': { claims: without('nonce'), detail: /nonce differs/ },
  'nonce a list': { claims: { ...good, nonce: [good.nonce] }, detail: /nonce differs/ },
  'at_hash of another token': { claims: { ...good, at_hash: hash('sha512') }, detail: /at_hash does not/ },
  'at_hash not a text': { claims: { ...good, at_hash: null }, detail: /at_hash does not/ },
  'a logout token': { claims: { ...good, events: {} }, detail: /logout token/ },
  'typ logout+jwt': { header: { typ: 'logout+jwt' }, detail: /another kind/ },
  'typ at+jwt': { header: { typ: 'at+jwt' }, detail: /another kind/ },
  'typ application/at+jwt': { header: { typ: 'application/at+jwt' }, detail: /another kind/ },
  'typ not a text': { header: { typ: 1 }, detail: /another kind|cannot be read|does not hold/ },
  'crit even when the extension is known to jose': { header: { crit: ['b64'], b64: true }, detail: /crit/ },
  'crit unknown': { header: { crit: ['exp'], exp: 1 }, detail: /crit/ },
  unsigned: { signing: 'none', detail: /algorithm none is not allowed/ },
  'unsigned, though none is listed': { signing: 'none', algorithms: ['none'], detail: /algorithm none is not allowed/ },
  'HS256 with the RSA public key': { signing: 'hs256-public-key', detail: /algorithm HS256 is not allowed/ },
  'HS256 with the RSA public key, though listed': {
    signing: 'hs256-public-key',
    algorithms: ['HS256'],
    detail: /algorithm HS256 is not allowed/,
  },
  'HS256 with the client secret': { signing: 'hs256-secret', detail: /algorithm HS256 is not allowed/ },
  'an algorithm not listed': { signing: 'ES256', algorithms: ['RS256'], detail: /algorithm ES256 is not allowed/ },
  'another key under the same kid': { signing: 'wrong-key', detail: /signature does not hold/ },
  'another key without kid': { signing: 'wrong-key', header: { kid: undefined }, detail: /signature does not hold/ },
  'a broken signature': { signing: 'broken', detail: /signature does not hold/ },
  'an unknown kid': { header: { kid: 'other' }, detail: /no key for "other"/ },
  'a kid like a path': { header: { kid: '../../dev/null' }, detail: /no key for/ },
  'a kid that is no text': { header: { kid: 1 }, detail: /no key for|does not hold/ },
  'a huge kid': { header: { kid: 'k'.repeat(100_000) }, detail: /^.{1,200}$/ },
  'the kid of a key of another type': { header: { kid: 'EdDSA-0' }, detail: /no key for/ },
  'two parts': { tamper: (token) => token.split('.').slice(0, 2).join('.'), detail: /three parts/ },
  'five parts': { tamper: (token) => `${token}.a.b`, detail: /three parts/ },
  'a signed list of claims': { claims: '[1]', detail: /not a JSON object/ },
  'claims that are not JSON': { claims: '{', detail: /not JSON/ },
  'a header that is not JSON': { tamper: (token) => `e30x.${token.slice(token.indexOf('.') + 1)}`, detail: /header/ },
  nothing: { tamper: () => '', detail: /three parts/ },
};

describe('ID token', () => {
  for (const [name, one] of Object.entries(accepted)) {
    it(`accepted: ${name}`, async () => {
      const claims = await judge(one);
      assert.equal(claims.iss, good.iss);
    });
  }

  for (const [name, { detail, ...one }] of Object.entries(refused)) {
    it(`refused: ${name}`, async () => {
      await findRefusal(judge(one), 'id_token_invalid', detail);
    });
  }

  it('refused: keys that the token brings along (jwk, jku, x5u, x5c)', async () => {
    const { publicKey } = await loadKeyPair('RS256', 'unpublished');
    const jwk = await exportJWK(publicKey);
    const brought = { jwk, jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x5u', x5c: ['AA=='] };
    await findRefusal(judge({ signing: 'wrong-key', header: brought }), 'id_token_invalid', /signature does not hold/);
    await findRefusal(judge({ signing: 'wrong-key', header: { ...brought, kid: 'x' } }), 'id_token_invalid', /no key/);
  });

  it('keys verify only what is listed', async () => {
    const token = await sign(good, header, { signing: 'ES256', generation: 0, clientSecret: undefined });
    await keys.verify(token, ['ES256']);
    await assert.rejects(keys.verify(token, ['RS256']));
    await assert.rejects(keys.verify(token, []));
  });

  it('never repeats a value of the token in the detail of a refusal', async () => {
    const marked = { ...good, iss: 'MARK', sub: 'MARK', nonce: 'MARK', email: 'MARK' };
    const refusal = await findRefusal(judge({ claims: marked }), 'id_token_invalid');
    assert.doesNotMatch(refusal.detail, /MARK/);
  });

  it('property: one claim changed to any other JSON value is refused or means the same', async () => {
    const names = fc.constantFrom('iss', 'aud', 'nonce', 'sub', 'exp', 'iat', 'azp', 'at_hash', 'events');
    await fc.assert(
      fc.asyncProperty(names, fc.jsonValue(), async (name, value) => {
        try {
          const claims = await judge({ claims: { ...good, [name]: value }, signing: 'EdDSA' });
          if (name === 'iss' || name === 'nonce') assert.equal(value, good[name]);
          if (name === 'aud') assert.ok(value === 'app' || (Array.isArray(value) && value.includes('app')));
          if (name === 'azp') assert.equal(value, 'app');
          assert.notEqual(name, 'events');
          assert.notEqual(name, 'at_hash');
          assert.ok(claims.sub.length > 0);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          assert.equal(error.code, 'id_token_invalid');
        }
      }),
      { numRuns: 100 },
    );
  });

  it('property: arbitrary text is refused, never thrown on', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.base64String(), fc.base64String(), fc.string()).map((p) => p.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        await findRefusal(judge({ tamper: () => token }), 'id_token_invalid');
      }),
      { numRuns: 100 },
    );
  });
});

describe('isEqual', () => {
  it('property: true for equal strings only', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => isEqual(a, b) === (a === b)));
    fc.assert(fc.property(fc.string(), (a) => isEqual(a, a)));
  });

  it('false for what is no text', () => {
    for (const value of [undefined, null, 0, [], {}]) assert.equal(isEqual(value, ''), false);
  });
});

it('Google issues under two names, and nobody else does', async () => {
  const policy = { clientId: 'app', algorithms: ['RS256'], keys, now, nonce: good.nonce, accessToken: 'access' };
  const token = async (iss: string) =>
    await sign({ ...good, iss }, header, { signing: 'RS256', generation: 0, clientSecret: 'secret' });
  const google = { ...policy, issuer: 'https://accounts.google.com' };
  for (const iss of ['https://accounts.google.com', 'accounts.google.com'])
    await checkIdToken(await token(iss), google);
  const other = checkIdToken(await token('accounts.google.com'), { ...policy, issuer: good.iss });
  await findRefusal(other, 'id_token_invalid', /iss is not/);
  for (const iss of ['http://accounts.google.com', 'accounts.google.com/', 'evil.example', 'op.example']) {
    await findRefusal(checkIdToken(await token(iss), google), 'id_token_invalid', /iss is not/);
    await findRefusal(
      checkIdToken(await token(iss), { ...policy, issuer: good.iss }),
      'id_token_invalid',
      /iss is not/,
    );
  }
});
