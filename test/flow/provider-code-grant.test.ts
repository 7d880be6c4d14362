import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../src/errors.ts';
import type { Behaviour } from '../support/provider.ts';
import { buildAttempt, findRefusal, setUp } from '../support/relying-party.ts';

it('oidcc-client-test: authorization request, one token request, everything bound together', async (t) => {
  const { op, rp } = await setUp(t);
  const attempt = buildAttempt();
  const url = await rp.provider.loadAuthorizationUrl(attempt, { prompt: 'login', loginHint: 'user-1' });
  const sent = Object.fromEntries(url.searchParams);
  assert.deepEqual(sent, {
    client_id: 'app',
    response_type: 'code',
    redirect_uri: 'https://app.example/oauth2/callback',
    scope: 'openid profile',
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: createHash('sha256').update(attempt.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    prompt: 'login',
    login_hint: 'user-1',
  });
  const callback = await op.signIn(url);
  const done = await rp.provider.redeem(callback.searchParams, attempt);
  assert.deepEqual([done.iss, done.sub], [op.issuer, 'user-1']);
  assert.equal(done.idToken?.split('.').length, 3);
  const [token, ...more] = op.requestsTo('token');
  assert.deepEqual(more, []);
  assert.equal(token?.form.get('redirect_uri'), 'https://app.example/oauth2/callback');
  assert.equal(token?.form.get('code_verifier'), attempt.codeVerifier);
});

it('an existing query of the endpoints is kept', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({
    discovery: (document) => ({
      ...document,
      authorization_endpoint: `${op.issuer}/authorize?tenant=a`,
      end_session_endpoint: `${op.issuer}/end_session?tenant=a`,
    }),
  });
  const url = await rp.provider.loadAuthorizationUrl(buildAttempt());
  assert.equal(url.searchParams.get('tenant'), 'a');
  assert.equal(url.searchParams.get('client_id'), 'app');
  const end = rp.provider.findEndSessionUrl({
    postLogoutRedirectUri: 'https://app.example/',
    state: 's',
    idTokenHint: 'h',
  });
  assert.deepEqual(Object.fromEntries(end?.searchParams ?? []), {
    tenant: 'a',
    id_token_hint: 'h',
    client_id: 'app',
    post_logout_redirect_uri: 'https://app.example/',
    state: 's',
  });
});

it('there is no end-session URL before discovery, or where the provider has none', async (t) => {
  const { op, rp } = await setUp(t);
  const options = { postLogoutRedirectUri: 'https://app.example/', state: 's' };
  assert.equal(rp.provider.findEndSessionUrl(options), undefined);
  op.behave({
    discovery: (document) => {
      delete document['end_session_endpoint'];
    },
  });
  await rp.signIn();
  assert.equal(rp.provider.findEndSessionUrl(options), undefined);
});

it('a code stolen into another sign-in is refused by PKCE, and counts once', async (t) => {
  const { op, rp } = await setUp(t);
  const [mine, theirs] = [buildAttempt(), buildAttempt()];
  const callback = await op.signIn(await rp.provider.loadAuthorizationUrl(theirs));
  callback.searchParams.set('state', mine.state);
  await findRefusal(rp.provider.redeem(callback.searchParams, mine), 'code_refused', /invalid_grant/);
  await findRefusal(rp.provider.redeem(callback.searchParams, mine), 'code_refused', /invalid_grant/);
});

it('a provider that ignores PKCE is caught by the nonce', async (t) => {
  const { op, rp } = await setUp(t);
  const [mine, theirs] = [buildAttempt(), buildAttempt()];
  const callback = await op.signIn(
    await rp.provider.loadAuthorizationUrl({ ...theirs, codeVerifier: mine.codeVerifier }),
  );
  callback.searchParams.set('state', mine.state);
  await findRefusal(rp.provider.redeem(callback.searchParams, mine), 'id_token_invalid', /nonce differs/);
});

function answerToken(status: number, body: string | Buffer, headers: Record<string, string> = {}): Behaviour {
  const type = { 'content-type': 'application/json' };
  return { answer: { token: () => ({ status, headers: { ...type, ...headers }, body }) } };
}

const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
const faults: Record<string, { behaviour: Behaviour; code: ErrorCode; detail?: RegExp }> = {
  'HTML with 200': {
    behaviour: answerToken(200, '<html>', { 'content-type': 'text/html' }),
    code: 'token_response_invalid',
  },
  'an array': { behaviour: answerToken(200, '[{"access_token":"x"}]'), code: 'token_response_invalid' },
  nothing: { behaviour: answerToken(200, ''), code: 'token_response_invalid' },
  'status 204': { behaviour: answerToken(204, ''), code: 'token_response_invalid', detail: /status 204/ },
  'status 304': { behaviour: answerToken(304, ''), code: 'token_response_invalid', detail: /status 304/ },
  'status 201 with tokens': {
    behaviour: { answer: { token: (answer) => ({ ...answer, status: 201 }) } },
    code: 'token_response_invalid',
  },
  'status 999': { behaviour: answerToken(999, '{}'), code: 'token_response_invalid' },
  'no access_token': { behaviour: drop('access_token'), code: 'token_response_invalid' },
  'no token_type': { behaviour: drop('token_type'), code: 'token_response_invalid' },
  'a foreign token_type': {
    behaviour: { tokenResponse: (body) => ({ ...body, token_type: 'mac' }) },
    code: 'token_response_invalid',
  },
  'no id_token': { behaviour: drop('id_token'), code: 'token_response_invalid', detail: /no id_token/ },
  'an id_token that is no text': {
    behaviour: { tokenResponse: (body) => ({ ...body, id_token: {} }) },
    code: 'token_response_invalid',
  },
  'a redirect': {
    behaviour: answerToken(307, '', { location: 'http://169.254.169.254/latest/meta-data' }),
    code: 'token_response_invalid',
    detail: /status 307/,
  },
  'more than 1 MiB': { behaviour: answerToken(200, 'x'.repeat(1024 * 1024 + 1)), code: 'token_response_invalid' },
  'a gzip bomb': {
    behaviour: answerToken(200, bomb, { 'content-encoding': 'gzip' }),
    code: 'token_response_invalid',
    detail: /over 1 MiB/,
  },
  'two layers of compression': {
    behaviour: answerToken(200, gzipSync(gzipSync('{}')), { 'content-encoding': 'gzip, gzip' }),
    code: 'token_response_invalid',
    detail: /Content-Encoding/,
  },
  'an unknown coding': {
    behaviour: answerToken(200, 'x', { 'content-encoding': 'br' }),
    code: 'token_response_invalid',
  },
  invalid_grant: { behaviour: answerToken(400, '{"error":"invalid_grant"}'), code: 'code_refused' },
  'invalid_grant with 200': { behaviour: answerToken(200, '{"error":"invalid_grant"}'), code: 'code_refused' },
  invalid_client: { behaviour: answerToken(401, '{"error":"invalid_client"}'), code: 'client_auth_failed' },
  'invalid_client with 400': { behaviour: answerToken(400, '{"error":"invalid_client"}'), code: 'client_auth_failed' },
  'another error': {
    behaviour: answerToken(400, '{"error":"unauthorized_client","error_description":"<script>"}'),
    code: 'idp_error',
    detail: /answered unauthorized_client$/,
  },
  'an error like an attack': {
    behaviour: answerToken(400, JSON.stringify({ error: `<b>\r\n${'x'.repeat(500)}` })),
    code: 'idp_error',
    detail: /answered b?x{1,64}$/,
  },
  'a 503 page': { behaviour: answerToken(503, 'down'), code: 'idp_unreachable', detail: /status 503/ },
  'too many requests': { behaviour: answerToken(429, ''), code: 'idp_unreachable', detail: /status 429/ },
  'no answer': { behaviour: { down: ['token'] }, code: 'idp_unreachable', detail: /the token endpoint at 127/ },
};

function drop(name: string): Behaviour {
  return {
    tokenResponse: (body) => {
      delete body[name];
    },
  };
}

describe('token endpoint: each odd answer has its refusal, and the call is made once', () => {
  for (const [name, { behaviour, code, detail }] of Object.entries(faults)) {
    it(name, async (t) => {
      const { op, rp } = await setUp(t);
      op.behave(behaviour);
      const refusal = await findRefusal(rp.signIn(), code, detail);
      // The whole error with its causes may end in a log.
      assert.doesNotMatch(inspect(refusal, { depth: 10 }), /eyJ|<script>|169\.254|code_verifier/);
      assert.equal(op.requestsTo('token').length, 1);
      assert.equal(op.requestsTo('userinfo').length, 0);
    });
  }

  it('compressed once is fine', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave({
      answer: {
        token: (answer) => ({
          ...answer,
          headers: { ...answer.headers, 'content-encoding': 'gzip' },
          body: gzipSync(answer.body),
        }),
      },
    });
    assert.equal((await rp.signIn()).sub, 'user-1');
  });

  it('an answer that never ends is given up', async (t) => {
    const { op, rp } = await setUp(t, {}, { timeoutMs: 200 });
    op.behave({
      respond: {
        token: (res) => {
          res.writeHead(200, { 'content-type': 'application/json' });
          res.write('{"access_token":"');
          const timer = setInterval(() => res.write('x'), 20);
          res.once('close', () => clearInterval(timer));
        },
      },
    });
    await findRefusal(rp.signIn(), 'idp_unreachable', /in time/);
    assert.equal(op.requestsTo('token').length, 1);
  });

  it('an endless stream is cut at 1 MiB', async (t) => {
    const { op, rp } = await setUp(t);
    const chunk = Buffer.alloc(64 * 1024, ' ');
    let sent = 0;
    op.behave({
      respond: {
        token: (res) => {
          res.writeHead(200, { 'content-type': 'application/json' });
          const more = (): void => {
            while (!res.destroyed && sent < 1e9) {
              sent += chunk.length;
              if (!res.write(chunk)) return;
            }
          };
          res.on('drain', more);
          more();
        },
      },
    });
    await findRefusal(rp.signIn(), 'token_response_invalid', /more than 1 MiB/);
    assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
  });
});
