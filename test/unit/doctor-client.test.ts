import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../src/doctor/finding.ts';
import { judgeAuthorization, judgePushed } from '../../src/doctor/judge-authorization.ts';
import { type ClientFacts, findRefusedPush, judgeClient } from '../../src/doctor/judge-client.ts';
import { judgeTemplateRefusal } from '../../src/doctor/judge-template.ts';
import { type ErrorCode, Refusal } from '../../src/errors.ts';
import { buildFault, testFindings } from '../support/findings.ts';

const redirectUri = 'https://app.example.com/oauth2/callback';
const confidential: ClientFacts = {
  method: 'client_secret_basic',
  announced: ['client_secret_basic', 'client_secret_post', 'none'],
  redirectUri,
};
const open: ClientFacts = { ...confidential, method: 'none' };
const idSetting = 'PROXY_OIDC_CLIENT_ID';
const secretSetting = 'PROXY_OIDC_CLIENT_SECRET';
const methodSetting = 'PROXY_OIDC_TOKEN_AUTH_METHOD';

const error = (name: string, description = '', status = 400) => ({
  status,
  mediaType: 'application/json',
  body: JSON.stringify({ error: name, error_description: description }),
});
const page = (status: number, body = '<html>') => ({ status, mediaType: 'text/html', body });
const judge = (name: string, description = '', facts = confidential, status = 400): Finding =>
  judgeClient(error(name, description, status), facts);

testFindings([
  [
    'a refused code is what was hoped for',
    judge('invalid_grant'),
    'ok',
    /takes the client and its secret \(client_secret_basic\)/,
  ],
  ['a public client is taken', judge('invalid_grant', '', open), 'ok', /takes the client without a secret/],
  ['a key is taken', judge('invalid_grant', '', { ...open, method: 'private_key_jwt' }), 'ok', /client and its key/],
  [
    'Entra looks at the code first',
    judge('invalid_grant', 'AADSTS9002313: x'),
    'not_tested',
    /looked at the code first/,
  ],
  [
    'no secret was sent',
    judge('invalid_client', '', open, 401),
    'failed',
    /no secret was sent/,
    [secretSetting, idSetting],
  ],
  [
    'nothing is known',
    judge('invalid_client', '', confidential, 401),
    'failed',
    /wrong or has expired; or the client is public there.*another method/,
    [secretSetting, methodSetting],
  ],
  [
    'the secret is wrong',
    judge('invalid_client', 'client secret mismatch'),
    'failed',
    /the secret is wrong or has expired$/,
    [secretSetting],
  ],
  [
    'Keycloak and a wrong secret',
    judge('unauthorized_client', 'Invalid client or Invalid client credentials', confidential, 401),
    'failed',
    /secret is wrong/,
    [secretSetting, methodSetting],
  ],
  [
    'the client is public there',
    judge('invalid_client', 'public client must not send a secret'),
    'failed',
    /it is public there; remove the secret/,
    [secretSetting],
  ],
  [
    'the id is unknown',
    judge('invalid_client', 'Client not found'),
    'failed',
    /does not know this client id/,
    [idSetting],
  ],
  [
    'a description that names everything names nothing',
    judge('invalid_client', 'Client authentication failed (e.g., unknown client, no client authentication included)'),
    'failed',
    /or the client is public/,
  ],
  [
    'another way to authenticate is offered',
    judge('invalid_client', '', { ...confidential, announced: ['private_key_jwt'] }),
    'failed',
    /other ways to authenticate: private_key_jwt/,
    [methodSetting],
  ],
  [
    'the client has another method',
    judge('invalid_client', 'auth method not supported by client'),
    'failed',
    /registered for another method/,
    [methodSetting],
  ],
  [
    'the certificate is another',
    judge('invalid_client', '', { ...open, method: 'tls_client_auth', announced: undefined }),
    'failed',
    /registered certificate/,
    ['PROXY_OIDC_CLIENT_CERT_FILE'],
  ],
  [
    'the key is another',
    judge('invalid_client', '', { ...open, method: 'private_key_jwt', announced: undefined }),
    'failed',
    /belongs to another key/,
  ],
  [
    'an expired secret at Entra',
    judge('invalid_client', 'AADSTS7000222: The provided client secret keys are expired', confidential, 401),
    'failed',
    /AADSTS7000222: the client secret has expired/,
  ],
  [
    'a status says it alone',
    judgeClient({ status: 401, mediaType: '', body: '' }, confidential),
    'failed',
    /refuses the client/,
  ],
  [
    'the flow is not allowed',
    judge('unauthorized_client'),
    'failed',
    /allow it the authorization code flow/,
    [idSetting],
  ],
  [
    'PKCE is disagreed on',
    judge('invalid_request', 'code_verifier is missing'),
    'failed',
    /disagree on PKCE/,
    ['PROXY_OIDC_PKCE'],
  ],
  [
    'the redirect URI is not registered',
    judge('invalid_request', 'redirect_uri is wrong'),
    'failed',
    /not registered: https:\/\/app\.example\.com\/oauth2\/callback/,
  ],
  ['Google has a code for that', judge('redirect_uri_mismatch'), 'failed', /not registered/],
  ['a secret is missing', judge('invalid_request', 'client_secret is missing', open), 'failed', /no secret was sent/],
  [
    'an invalid request of another kind',
    judge('invalid_request', 'something'),
    'not_tested',
    /calls the request invalid/,
  ],
  ['the resource is unknown', judge('invalid_target'), 'failed', /resource/, ['PROXY_OIDC_AUTH_PARAMS']],
  [
    'there is no endpoint',
    judgeClient(page(404), confidential),
    'failed',
    /no token endpoint: status 404/,
    ['PROXY_OIDC_TOKEN_URL'],
  ],
  ['the endpoint redirects', judgeClient(page(302), confidential), 'failed', /redirects/],
  ['the provider is broken', judgeClient(page(502), confidential), 'not_tested', /gave status 502 and a page/],
  ['too many requests', judgeClient(page(429), confidential), 'not_tested', /too many requests/],
  [
    'a code that cannot exist is taken',
    judgeClient(page(200), confidential),
    'not_tested',
    /took a code that cannot exist/,
  ],
]);

test('only a refused code says that the client is taken, and no description is repeated', () => {
  const names = fc.constantFrom('invalid_client', 'invalid_grant', 'invalid_request', 'unauthorized_client', 'x', '');
  const word = fc.string({ unit: fc.constantFrom('q', 'v', 'w', 'x', 'y', 'z'), minLength: 14, maxLength: 20 });
  const about = fc.constantFrom('', 'client secret ', 'redirect ', 'pkce ', 'public ', 'AADSTS7000215 ');
  const statuses = fc.constantFrom(200, 302, 400, 401, 403, 404, 500);
  fc.assert(
    fc.property(names, about, word, statuses, fc.boolean(), (name, prefix, mark, status, isOpen) => {
      const answer = error(name, `${prefix}${mark}`, status);
      const { level, sentence } = judgeClient(answer, isOpen ? open : confidential);
      assert.ok(!sentence.includes(mark), sentence);
      if (level === 'ok') assert.equal(name, 'invalid_grant');
    }),
  );
});

test('an answer to a push that is not about the client is left to others', () => {
  assert.equal(findRefusedPush(error('invalid_request', 'redirect_uri'), confidential), undefined);
  assert.equal(findRefusedPush(error('invalid_client', '', 401), confidential)?.level, 'failed');
});

const at = new URL('https://id.example.com/authorize?client_id=app');
const facts = { redirectUri, pkce: true };
const leads = (location: string): Finding => judgeAuthorization({ ...page(302, ''), location }, at, facts);
const back = (query: string, isPkce = true): Finding =>
  judgeAuthorization({ ...page(302, ''), location: `${redirectUri}?${query}` }, at, { ...facts, pkce: isPkce });
const shows = (status: number, body: string): Finding => judgeAuthorization(page(status, body), at, facts);
const posts = (fields: string): string => `<form method="post" action="${redirectUri}">${fields}</form>`;

testFindings([
  ['a sign-in page elsewhere', leads('/login?x=1'), 'ok', /goes on at "id\.example\.com"/],
  ['the callback without an error', back('code=x'), 'ok', /client id and redirect URI are accepted/],
  ['nobody is signed in', back('error=login_required'), 'ok', /accepted \(login_required\)/],
  ['a scope is refused', back('error=invalid_scope'), 'failed', /refuses a scope/, ['PROXY_OIDC_SCOPES']],
  ['the flow is not allowed', back('error=unauthorized_client'), 'failed', /may not use the authorization code flow/],
  ['the policy refuses', back('error=access_denied'), 'failed', /look at the policy of the client/],
  ['the provider has a fault', back('error=server_error'), 'not_tested', /server_error/],
  [
    'PKCE is refused',
    back('error=invalid_request&error_description=PKCE+not+supported'),
    'failed',
    /refuses PKCE with S256/,
    ['PROXY_OIDC_PKCE'],
  ],
  [
    'PKCE is demanded',
    back('error=invalid_request&error_description=code_challenge+missing', false),
    'failed',
    /demands PKCE, which is switched off/,
  ],
  [
    'an error in the fragment counts',
    judgeAuthorization({ ...page(302, ''), location: `${redirectUri}#error=invalid_scope` }, at, facts),
    'failed',
    /scope/,
  ],
  ['an unknown error is not repeated', back('error=%1b[31mred'), 'failed', /\(another error code\)$/],
  ['another path of our own is no callback', leads('https://app.example.com/other'), 'ok', /goes on/],
  [
    'a page of its own for errors',
    leads('https://id.example.com/error?error_description=redirect_uri+mismatch'),
    'failed',
    /redirect URI is not registered.*oauth2\/callback/,
  ],
  [
    'a page about the redirect URI',
    shows(400, '<p>Invalid parameter: redirect_uri</p>'),
    'failed',
    /not registered for this client/,
    ['PROXY_PUBLIC_URL', 'PROXY_OIDC_CALLBACK_PATH'],
  ],
  [
    'a page about the client',
    shows(400, '<h1>Client not found.</h1>'),
    'failed',
    /does not know this client id/,
    [idSetting],
  ],
  [
    'scripts say nothing',
    shows(400, '<script>var redirect_uri</script><p>Sorry</p>'),
    'failed',
    /shows an error instead of a sign-in/,
  ],
  [
    'JSON about the client',
    judgeAuthorization(error('invalid_client'), at, facts),
    'failed',
    /does not know this client id/,
  ],
  [
    'a request that must be pushed',
    judgeAuthorization(error('invalid_request', 'request_uri is required'), at, facts),
    'failed',
    /demands pushed requests/,
  ],
  [
    'Entra and the redirect URI',
    shows(200, '"sErrTxt":"AADSTS50011: The redirect"'),
    'failed',
    /AADSTS50011: the redirect URI/,
  ],
  ['a firewall', shows(403, 'denied'), 'not_tested', /status 403 and a page/],
  ['too many requests', shows(429, ''), 'not_tested', /too many requests/],
  ['no endpoint', shows(404, ''), 'failed', /no authorization endpoint/, ['PROXY_OIDC_AUTHORIZATION_URL']],
  ['a broken provider', shows(500, ''), 'not_tested', /status 500/],
  ['a sign-in page', shows(200, '<form><input name="user"></form>'), 'ok', /shows a page with a form/],
  ['a page of scripts', shows(200, '<div id="app">'), 'not_tested', /only a browser can fill/],
  ['an answer by form', shows(200, posts('<input name="error" value="invalid_scope">')), 'failed', /refuses a scope/],
  ['an answer by form without an error', shows(200, posts('<input name="code" value="x">')), 'ok', /are accepted/],
  [
    'a push about the redirect URI',
    judgePushed(error('invalid_request', 'redirect_uri'), facts),
    'failed',
    /not registered/,
  ],
  ['a push that says nothing', judgePushed(page(502), facts), 'not_tested', /PAR endpoint gave status 502/],
]);

const refuse = (code: ErrorCode, cause?: Error): Finding =>
  judgeTemplateRefusal(new Refusal(code, 'detail', { cause }));
testFindings([
  ['a template: the code is refused', refuse('code_refused'), 'ok', /refused only the made-up code/],
  [
    'a template: the client is refused',
    refuse('client_auth_failed'),
    'failed',
    /id or the secret is wrong/,
    [idSetting, secretSetting],
  ],
  [
    'a template: nobody there',
    refuse('idp_unreachable', buildFault('ECONNREFUSED')),
    'failed',
    /nothing listens there/,
  ],
  ['a template: something else', refuse('idp_error'), 'not_tested', /was idp_error/],
]);
