import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../src/doctor/finding.ts';
import { judgeAnnounced, type Wanted } from '../../src/doctor/judge-announced.ts';
import { findClockOffset, judgeClock } from '../../src/doctor/judge-clock.ts';
import { judgeDiscovery } from '../../src/doctor/judge-discovery.ts';
import { judgeIssuer } from '../../src/doctor/judge-issuer.ts';
import { judgeKeys } from '../../src/doctor/judge-keys.ts';
import { testFindings } from '../support/findings.ts';

const at = new URL('https://id.example.com/.well-known/openid-configuration');
const none = createNone();

function createNone(): Finding {
  return { level: 'ok', probe: 'none', sentence: 'a document', settings: [] };
}

function judgeAnswer(status: number, body: string, mediaType = 'application/json', location?: string): Finding {
  const answer = { status, body, mediaType, ...(location === undefined ? {} : { location }) };
  const judged = judgeDiscovery(answer, at, ['PROXY_OIDC_ISSUER']);
  return 'finding' in judged ? judged.finding : none;
}

testFindings([
  ['a document is one', judgeAnswer(200, '{"issuer":"x"}'), 'ok', /a document/],
  ['a list is no document', judgeAnswer(200, '[]'), 'failed', /something else and no discovery/, ['PROXY_OIDC_ISSUER']],
  [
    'a page is no document',
    judgeAnswer(200, '<html>', 'text/html'),
    'failed',
    /is a web page and no discovery document/,
  ],
  ['a missing document', judgeAnswer(404, ''), 'failed', /part of the path is wrong/],
  ['a broken provider', judgeAnswer(503, '<html>', 'text/html'), 'failed', /gave status 503 and a page/],
  [
    'a redirect says where to',
    judgeAnswer(302, '', '', '/realms/a?session=secret'),
    'failed',
    /"https:\/\/id\.example\.com\/realms\/a"/,
  ],
]);

const base = 'https://id.example.com';
testFindings([
  ['the same issuer', judgeIssuer(base, base), 'ok', /to the letter/],
  ['a slash is missing', judgeIssuer(base, `${base}/`), 'failed', /Add the trailing slash/, ['PROXY_OIDC_ISSUER']],
  ['a slash too much', judgeIssuer(`${base}/`, base), 'failed', /Remove the trailing slash/],
  ['a provider behind a proxy', judgeIssuer(base, 'http://id.example.com'), 'failed', /X-Forwarded-Proto/],
  ['http is written for https', judgeIssuer('http://localhost', 'https://localhost'), 'failed', /Write https/],
  ['another host', judgeIssuer(base, 'https://login.example.com'), 'failed', /differ in the host/],
  ['another port', judgeIssuer(base, `${base}:8443`), 'failed', /differ in the port/],
  ['other case', judgeIssuer(`${base}/Realms/a`, `${base}/realms/a`), 'failed', /upper and lower case/],
  ['another path', judgeIssuer(base, `${base}/realms/a`), 'failed', /differ in the path/],
  ['no address at all', judgeIssuer(base, 'keycloak'), 'failed', /does not know its own address/],
]);

test('an issuer is well only to the letter', () => {
  const issuer = fc.webUrl();
  fc.assert(
    fc.property(issuer, issuer, (here, there) => (judgeIssuer(here, there).level === 'ok') === (here === there)),
  );
});

const rsa = { kty: 'RSA', n: 'x', e: 'AQAB' };
const sets = (...keys: object[]): string => JSON.stringify({ keys });
testFindings([
  ['a key that fits', judgeKeys(sets(rsa), ['RS256']), 'ok', /1 published, usable for RS256/],
  [
    'no keys',
    judgeKeys(sets(), ['RS256']),
    'failed',
    /key set is empty: select a signing key/,
    ['PROXY_OIDC_ID_TOKEN_ALGS'],
  ],
  ['no key set', judgeKeys('<html>', ['RS256']), 'failed', /not a JSON Web Key Set/, ['PROXY_OIDC_JWKS_URL']],
  ['a document of another kind', judgeKeys('{"keys":{}}', ['RS256']), 'failed', /not a JSON Web Key Set/],
  ['a key of another kind', judgeKeys(sets(rsa), ['ES256']), 'failed', /published: RSA; accepted: ES256/],
  ['a key for encryption', judgeKeys(sets({ ...rsa, use: 'enc' }), ['RS256']), 'failed', /RSA \(not for signatures\)/],
  ['a key for another algorithm', judgeKeys(sets({ ...rsa, alg: 'RS512' }), ['RS256']), 'failed', /published: RS512/],
  ['another curve', judgeKeys(sets({ kty: 'EC', crv: 'P-384' }), ['ES256']), 'failed', /published: P-384/],
  ['an Edwards key', judgeKeys(sets({ kty: 'OKP', crv: 'Ed25519', alg: 'Ed25519' }), ['EdDSA']), 'ok', /EdDSA/],
  ['keys that are no objects', judgeKeys('{"keys":[null,1,"x"]}', ['RS256']), 'failed', /empty/],
]);

testFindings([
  ['clocks agree', judgeClock([0, -29_000]), 'ok', /no more than 30 s/],
  ['clocks drift', judgeClock([45_000]), 'warning', /45 s ahead of/],
  ['a clock behind is ahead', judgeClock([61_000]), 'failed', /come from the future; synchronize/],
  ['a clock ahead', judgeClock([-120_000]), 'failed', /120 s behind.*expired/],
  ['an old answer out of a cache does not count', judgeClock([-600_000, 0]), 'ok', /no more/],
  ['no dates', judgeClock([]), 'not_tested', /had a date/],
]);

test('a Date header that cannot be read counts as none', () => {
  assert.equal(findClockOffset('Thu, 01 Jan 1970 00:01:00 GMT', 0), 60_000);
  assert.equal(findClockOffset('yesterday', 0), undefined);
  assert.equal(findClockOffset(undefined, 0), undefined);
});

const wanted: Wanted = {
  scopes: ['openid', 'profile'],
  idTokenAlgs: ['RS256'],
  tokenAuthMethod: 'auto',
  userinfo: 'auto',
  request: { extra: [], pkce: true, par: 'auto', responseMode: 'query', acrRequired: false },
  hasSecret: true,
  claims: [{ setting: 'PROXY_USER_OIDC_CLAIM', claim: 'preferred_username' }],
  needsUserinfo: false,
  needsRefresh: false,
  backchannelUrl: 'https://app.example.com/oauth2/backchannel-logout',
};
const document = {
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: ['client_secret_basic'],
  scopes_supported: ['openid', 'profile', 'groups', 'offline_access'],
  claims_supported: ['preferred_username'],
  userinfo_endpoint: 'https://id.example.com/userinfo',
};

/** The worst that is said, and all of the same kind. */
function announce(announced: object, wish: Partial<Wanted> = {}): Finding {
  const found = judgeAnnounced({ ...document, ...announced }, { ...wanted, ...wish });
  const worst = ['failed', 'warning', 'not_tested'].find((level) => found.some((one) => one.level === level)) ?? 'ok';
  const same = found.filter(({ level }) => level === worst);
  const sentence = same.map((one) => one.sentence).join('. ');
  return { level: same[0]?.level ?? 'failed', probe: '', sentence, settings: same.flatMap(({ settings }) => settings) };
}

const { request } = wanted;
testFindings([
  ['all is announced', announce({}), 'ok', /PKCE with S256 is sent, and offered.*RS256 are offered.*lists every claim/],
  [
    'no code flow',
    announce({ response_types_supported: ['id_token'] }),
    'failed',
    /no authorization code flow.*id_token/,
  ],
  [
    'another response mode',
    announce({ response_modes_supported: ['query'] }, { request: { ...request, responseMode: 'form_post' } }),
    'warning',
    /form_post is not among query/,
    ['PROXY_OIDC_RESPONSE_MODE'],
  ],
  [
    'PKCE is not offered',
    announce({ code_challenge_methods_supported: ['plain'] }),
    'warning',
    /not among plain/,
    ['PROXY_OIDC_PKCE'],
  ],
  [
    'PKCE is switched off in vain',
    announce({}, { request: { ...request, pkce: false } }),
    'warning',
    /switched off here/,
    ['PROXY_OIDC_PKCE'],
  ],
  [
    'PAR is not there',
    announce({}, { request: { ...request, par: 'required' } }),
    'failed',
    /no endpoint for them/,
    ['PROXY_OIDC_PAR'],
  ],
  [
    'PAR is demanded',
    announce({ require_pushed_authorization_requests: true }, { request: { ...request, par: 'off' } }),
    'failed',
    /demands pushed requests/,
  ],
  [
    'other algorithms',
    announce({ id_token_signing_alg_values_supported: ['HS256'] }),
    'failed',
    /signed with HS256; accepted is RS256/,
    ['PROXY_OIDC_ID_TOKEN_ALGS'],
  ],
  [
    'another method',
    announce({}, { tokenAuthMethod: 'client_secret_post' }),
    'warning',
    /not among client_secret_basic/,
    ['PROXY_OIDC_TOKEN_AUTH_METHOD'],
  ],
  [
    'a public client that nobody mentions',
    announce({}, { hasSecret: false }),
    'warning',
    /public clients are not mentioned/,
    ['PROXY_OIDC_CLIENT_SECRET'],
  ],
  [
    'a scope that is not offered',
    announce({}, { scopes: ['openid', 'roles', 'api://x/y'] }),
    'warning',
    /does not list: roles$/,
    ['PROXY_OIDC_SCOPES'],
  ],
  [
    'a claim with a scope of its name',
    announce({ claims_supported: ['groups'] }, { claims: [{ setting: 'x', claim: 'groups' }] }),
    'warning',
    /not asked for: groups/,
  ],
  [
    'offline_access is forgotten',
    announce({}, { needsRefresh: true }),
    'warning',
    /offline_access, which is not asked for/,
  ],
  [
    'claims that are not listed',
    announce({ claims_supported: undefined }),
    'not_tested',
    /whether the provider sends preferred_username/,
    ['PROXY_USER_OIDC_CLAIM'],
  ],
  [
    'a path into a claim that is listed',
    announce({ claims_supported: ['realm_access'] }, { claims: [{ setting: 'x', claim: 'realm_access.roles' }] }),
    'ok',
    /lists every claim/,
  ],
  [
    'userinfo that is needed',
    announce({ userinfo_endpoint: undefined }, { needsUserinfo: true }),
    'failed',
    /no userinfo endpoint/,
  ],
  [
    'refreshes that are not offered',
    announce(
      { grant_types_supported: ['authorization_code'] },
      { needsRefresh: true, scopes: ['openid', 'offline_access'] },
    ),
    'warning',
    /does not offer the grant/,
    ['PROXY_OIDC_REFRESH'],
  ],
  [
    'lists that are none',
    announce({ scopes_supported: 'openid', response_types_supported: 7, code_challenge_methods_supported: null }),
    'not_tested',
    /does not list its scopes/,
  ],
]);
