import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ANY_AUDIENCE, describeAudience, findAudienceFault, findMissingAudience } from '../../src/oidc/audience.ts';
import { createForeignAudienceLog } from '../../src/oidc/foreign-audience.ts';
import { findHeaderFault, findKindFault } from '../../src/oidc/token-kind.ts';

const issuer = 'https://op.example';
const name = fc.constantFrom('app', 'api', 'other', 'account', issuer, '', '__proto__');
const claimsOf = fc.record(
  {
    aud: fc.oneof(name, fc.array(name, { maxLength: 4 }), fc.constantFrom<unknown>(1, null, {}, ['app', 1])),
    azp: fc.oneof(name, fc.constantFrom<unknown>(1, null)),
    client_id: name,
    cid: name,
  },
  { requiredKeys: [] },
);
const wantedOf = fc.subarray(['app', 'api'], { minLength: 1 });

const isText = (one: unknown): one is string => typeof one === 'string';

describe('for whom a token is', () => {
  it('property: aud decides, and the client only where aud is absent or says account', () => {
    fc.assert(
      fc.property(claimsOf, wantedOf, (claims, wanted) => {
        const { aud } = claims;
        const all = aud === undefined ? [] : isText(aud) ? [aud] : Array.isArray(aud) && aud.every(isText) ? aud : null;
        const client: unknown = claims.azp ?? claims.client_id ?? claims.cid;
        const byAud = all !== null && all.some((one) => wanted.includes(one));
        const isSilent = all !== null && all.every((one) => one === 'account');
        const expected = byAud || (isSilent && isText(client) && wanted.includes(client));
        assert.equal(findAudienceFault(claims, wanted) === undefined, expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('property: one more audience never shuts a token out', () => {
    fc.assert(
      fc.property(claimsOf, wantedOf, name, (claims, wanted, more) => {
        if (findAudienceFault(claims, wanted) !== undefined) return;
        assert.equal(findAudienceFault(claims, [...wanted, more]), undefined);
      }),
    );
  });

  it('"*" admits every token whose aud can be read, and a token that names "*" is no exception', () => {
    assert.equal(findAudienceFault({ aud: 'whoever' }, [ANY_AUDIENCE]), undefined);
    assert.equal(findAudienceFault({}, [ANY_AUDIENCE]), undefined);
    assert.notEqual(findAudienceFault({ aud: 1 }, [ANY_AUDIENCE]), undefined);
    assert.notEqual(findAudienceFault({ aud: '*' }, ['app']), undefined);
  });

  it('the client counts under each of its names, and another azp is not passed over', () => {
    for (const by of ['azp', 'client_id', 'cid']) assert.equal(findAudienceFault({ [by]: 'app' }, ['app']), undefined);
    assert.notEqual(findAudienceFault({ azp: 'other', client_id: 'app' }, ['app']), undefined);
    assert.notEqual(findAudienceFault({ aud: 'other', client_id: 'app' }, ['app']), undefined);
  });

  it('property: the entry that is recommended admits the token, and is never the issuer or "*"', () => {
    fc.assert(
      fc.property(claimsOf, wantedOf, (claims, wanted) => {
        const missing = findMissingAudience(claims, issuer);
        if (missing === undefined || findAudienceFault(claims, wanted) === undefined) return;
        assert.ok(missing !== issuer && missing !== '*' && !missing.includes(','));
        assert.equal(findAudienceFault(claims, [...wanted, missing]), undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  const recommended: readonly (readonly [string, Record<string, unknown>, string | undefined])[] = [
    ['Pocket ID', { aud: ['OpenCloudDesktop', issuer], client_id: 'OpenCloudDesktop' }, 'OpenCloudDesktop'],
    ['Keycloak', { aud: 'account', azp: 'desktop' }, 'desktop'],
    ['no aud', { client_id: 'desktop' }, 'desktop'],
    ['an API', { aud: ['https://api.example', 'x'], azp: 'desktop' }, 'https://api.example'],
    ['the issuer alone', { aud: issuer, client_id: 'desktop' }, undefined],
    ['the issuer alone in a list', { aud: [issuer], azp: 'desktop' }, undefined],
    ['"*"', { aud: '*' }, undefined],
    ['a comma', { aud: 'a,*' }, undefined],
    ['a line break', { aud: 'a\nPROXY_X=1' }, undefined],
    ['nothing', {}, undefined],
    ['aud that cannot be read', { aud: 7, azp: 'desktop' }, undefined],
  ];
  for (const [title, claims, expected] of recommended) {
    it(`recommended for ${title}: ${expected ?? 'nothing'}`, () => {
      assert.equal(findMissingAudience(claims, issuer), expected);
    });
  }

  it('property: the description is short and on one line', () => {
    fc.assert(
      fc.property(fc.record({ aud: fc.anything(), azp: fc.string({ unit: 'binary' }) }), (claims) => {
        const text = describeAudience(JSON.parse(JSON.stringify(claims)) as Record<string, unknown>);
        // oxlint-disable-next-line no-control-regex
        assert.ok(text.length <= 500 && !/[\0-\x1f]/.test(text));
      }),
    );
  });
});

describe('of what kind a token is', () => {
  const kinds = ['ID', 'id-token', 'id_token', 'Serialized-ID', 'Refresh', 'refresh_token', 'Offline', 'Logout'];
  for (const kind of kinds) {
    for (const claim of ['typ', 'type', 'token_use']) {
      it(`${claim} ${kind} is refused`, () => assert.match(findKindFault({ [claim]: kind }) ?? '', /another kind/));
    }
  }

  it('an events member is that of a logout token, whatever it holds', () => {
    for (const events of [{}, null, false, []]) assert.match(findKindFault({ events }) ?? '', /logout token/);
  });

  it('names of access tokens are none of them, nor are nonce and at_hash signs of an ID token', () => {
    for (const typ of ['Bearer', 'DPoP', 'at+jwt']) assert.equal(findKindFault({ typ }), undefined);
    assert.equal(findKindFault({ type: 'oauth-access-token', nonce: 'x', at_hash: 'y' }), undefined);
    assert.equal(findKindFault({ token_use: 'access' }), undefined);
  });

  it('property: with the strict type only at+jwt passes; what it admits passes without it, too', () => {
    const typ = fc.oneof(
      fc.constantFrom<unknown>(undefined, 'JWT', 'at+jwt', 'application/at+jwt', 'AT+JWT', 'logout+jwt', 1, null, ''),
      fc.string(),
    );
    fc.assert(
      fc.property(typ, (value) => {
        const header = (value === undefined ? {} : { typ: value }) as { typ?: string };
        const isAccess = typeof value === 'string' && /^(application\/)?at\+jwt$/i.test(value);
        const isPlain = value === undefined || (typeof value === 'string' && /^(application\/)?jwt$/i.test(value));
        assert.equal(findHeaderFault(header, true) === undefined, isAccess);
        assert.equal(findHeaderFault(header, false) === undefined, isAccess || isPlain);
      }),
    );
  });
});

function setUp() {
  const lines: Record<string, unknown>[] = [];
  let now = 0;
  const log = (_level: string, _event: string, fields: object) => lines.push({ ...fields });
  const tell = createForeignAudienceLog({ audiences: ['app', 'api'], now: () => now, log });
  return { lines, tell, advance: (ms: number) => (now += ms) };
}

describe('the line to add', () => {
  it('names the whole setting, once a minute and client', () => {
    const { lines, tell, advance } = setUp();
    for (let n = 0; n < 3; n += 1) tell({ aud: 'desktop', client_id: 'desktop' }, issuer);
    tell({ aud: 'android', client_id: 'android' }, issuer);
    assert.deepEqual(
      lines.map(({ line }) => line),
      ['PROXY_OIDC_AUDIENCES=app,api,desktop', 'PROXY_OIDC_AUDIENCES=app,api,android'],
    );
    assert.equal(lines[0]?.['token'], '{"aud":"desktop","azp":"desktop"}');
    assert.match(String(lines[0]?.['cure']), /add desktop to PROXY_OIDC_AUDIENCES$/);
    advance(59_999);
    tell({ aud: 'desktop', client_id: 'desktop' }, issuer);
    assert.equal(lines.length, 2);
    advance(1);
    tell({ aud: 'desktop', client_id: 'desktop' }, issuer);
    assert.equal(lines.length, 3);
  });

  it('a flood of client ids is not a flood of lines', () => {
    const { lines, tell } = setUp();
    for (let n = 0; n < 1_000; n += 1) tell({ aud: `client-${n}` }, issuer);
    assert.equal(lines.length, 100);
  });
});
