import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Demands } from '../../src/oidc/proof.ts';
import type { RequestOptions, SignIn } from '../../src/oidc/provider.ts';
import type { Behaviour } from '../support/provider.ts';
import { buildAttempt, findRefusal, plainRequest, type RelyingParty, setUp } from '../support/relying-party.ts';
import type { TestProvider } from '../support/provider.ts';

const asking = (options: Partial<RequestOptions>) => ({ request: { ...plainRequest, ...options } });

/** A sign-in whose attempt demands more than the settings. */
async function signInWith(op: TestProvider, rp: RelyingParty, demands: Demands): Promise<SignIn> {
  const attempt = { ...buildAttempt(), ...demands };
  const callback = await op.signIn(await rp.provider.loadAuthorizationUrl(attempt, demands));
  return await rp.provider.redeem(callback.searchParams, attempt);
}

const editToken = (change: (claims: Record<string, unknown>) => unknown): Behaviour => ({
  idToken: (claims) => {
    change(claims);
  },
});

describe('further parameters', () => {
  it('are sent with the request; resource, every one of them, to the token endpoint as well', async (t) => {
    const extra = [
      ['audience', 'https://api.example'],
      ['resource', 'https://a.example/'],
      ['resource', 'https://b.example/'],
    ] as const;
    const { op, rp } = await setUp(t, {}, asking({ extra }));
    await rp.signIn();
    const { query } = op.requestsTo('authorize')[0]!;
    assert.equal(query.get('audience'), 'https://api.example');
    assert.deepEqual(query.getAll('resource'), ['https://a.example/', 'https://b.example/']);
    const { form } = op.requestsTo('token')[0]!;
    assert.deepEqual(form.getAll('resource'), ['https://a.example/', 'https://b.example/']);
    assert.equal(form.has('audience'), false);
  });

  it('never take the place of ours', async (t) => {
    const ours = ['redirect_uri', 'scope', 'state', 'nonce', 'code_challenge', 'code_challenge_method'];
    const extra = ours.map((name) => [name, 'evil'] as const);
    const { op, rp } = await setUp(t, {}, asking({ extra }));
    await rp.signIn();
    const { query } = op.requestsTo('authorize')[0]!;
    for (const name of ours) assert.notEqual(query.get(name), 'evil', name);
  });

  it('prompt, as set, unless one sign-in asks for another', async (t) => {
    const { rp } = await setUp(t, {}, asking({ prompt: 'consent' }));
    const attempt = buildAttempt();
    assert.equal((await rp.provider.loadAuthorizationUrl(attempt)).searchParams.get('prompt'), 'consent');
    const other = await rp.provider.loadAuthorizationUrl(attempt, { prompt: 'login' });
    assert.equal(other.searchParams.get('prompt'), 'login');
  });
});

describe('PKCE', () => {
  it('off: nothing of it is sent, and the nonce still ties the answer to the browser', async (t) => {
    const { op, rp } = await setUp(t, { pkce: false }, asking({ pkce: false }));
    await rp.signIn();
    assert.doesNotMatch(String(op.requestsTo('authorize')[0]?.query), /code_challenge/);
    assert.equal(op.requestsTo('token')[0]?.form.has('code_verifier'), false);
    const [mine, theirs] = [buildAttempt(), buildAttempt()];
    const callback = await op.signIn(await rp.provider.loadAuthorizationUrl(theirs));
    callback.searchParams.set('state', mine.state);
    await findRefusal(rp.provider.redeem(callback.searchParams, mine), 'id_token_invalid', /nonce differs/);
  });
});

describe('max_age', () => {
  it('of the settings is sent, and auth_time handed on', async (t) => {
    const { op, rp } = await setUp(t, {}, asking({ maxAge: 300 }));
    const { authTime = 0 } = await rp.signIn();
    assert.equal(op.requestsTo('authorize')[0]?.query.get('max_age'), '300');
    assert.ok(Math.abs(Date.now() / 1000 - authTime) < 10);
  });

  it('an answer that is too old, or without auth_time, is refused', async (t) => {
    const { op, rp } = await setUp(t, {}, asking({ maxAge: 300 }));
    op.behave(editToken((claims) => (claims['auth_time'] = Math.floor(Date.now() / 1000) - 365)));
    await findRefusal(rp.signIn(), 'sign_in_too_old', /max_age is 300/);
    op.behave(editToken((claims) => delete claims['auth_time']));
    await findRefusal(rp.signIn(), 'id_token_invalid', /auth_time is missing/);
    assert.equal(op.requestsTo('userinfo').length, 0);
  });

  it('of one sign-in: the stricter one counts', async (t) => {
    const { op, rp } = await setUp(t, {}, asking({ maxAge: 300 }));
    await signInWith(op, rp, { maxAge: 100 });
    await signInWith(op, rp, { maxAge: 900 });
    assert.deepEqual(
      op.requestsTo('authorize').map(({ query }) => query.get('max_age')),
      ['100', '300'],
    );
    op.behave(editToken((claims) => (claims['auth_time'] = Math.floor(Date.now() / 1000) - 200)));
    assert.equal((await rp.signIn()).sub, 'user-1');
    await findRefusal(signInWith(op, rp, { maxAge: 100 }), 'sign_in_too_old');
  });

  it('0 asks for a sign-in now', async (t) => {
    const { op, rp } = await setUp(t);
    await signInWith(op, rp, { maxAge: 0 });
    assert.equal(op.requestsTo('authorize')[0]?.query.get('max_age'), '0');
  });
});

describe('acr_values', () => {
  it('as a wish: sent, and any answer accepted', async (t) => {
    const { op, rp } = await setUp(t, {}, asking({ acrValues: 'gold silver' }));
    assert.equal((await rp.signIn()).acr, 'gold');
    const { query } = op.requestsTo('authorize')[0]!;
    assert.equal(query.get('acr_values'), 'gold silver');
    assert.equal(query.has('claims'), false);
    op.behave(editToken((claims) => delete claims['acr']));
    assert.equal((await rp.signIn()).acr, undefined);
  });

  it('required: another answer is refused', async (t) => {
    const { op, rp } = await setUp(t, {}, asking({ acrValues: 'gold silver', acrRequired: true }));
    op.behave(editToken((claims) => (claims['acr'] = 'silver')));
    assert.equal((await rp.signIn()).acr, 'silver');
    op.behave(editToken((claims) => (claims['acr'] = 'bronze')));
    await findRefusal(rp.signIn(), 'acr_insufficient', /"bronze"; one of gold silver/);
    op.behave(editToken((claims) => delete claims['acr']));
    await findRefusal(rp.signIn(), 'acr_insufficient', /absent/);
  });

  it('required: asked for as essential where the provider understands claims', async (t) => {
    const { op, rp } = await setUp(t, {}, asking({ acrValues: 'gold', acrRequired: true }));
    op.behave({ discovery: (document) => ({ ...document, claims_parameter_supported: true }) });
    await rp.signIn();
    assert.deepEqual(JSON.parse(op.requestsTo('authorize')[0]?.query.get('claims') ?? ''), {
      id_token: { acr: { essential: true, values: ['gold'] } },
    });
  });

  it('of one sign-in are demanded, and take the place of the settings', async (t) => {
    const { op, rp } = await setUp(t, {}, asking({ acrValues: 'silver', acrRequired: true }));
    assert.equal((await signInWith(op, rp, { acrValues: 'gold' })).acr, 'gold');
    op.behave(editToken((claims) => (claims['acr'] = 'silver')));
    await findRefusal(signInWith(op, rp, { acrValues: 'gold' }), 'acr_insufficient');
  });

  it('a demand that the attempt does not remember is a fault of ours, not a sign-in', async (t) => {
    const { op, rp } = await setUp(t);
    const attempt = buildAttempt();
    await assert.rejects(rp.provider.loadAuthorizationUrl(attempt, { acrValues: 'gold' }), /part of its attempt/);
    await assert.rejects(rp.provider.loadAuthorizationUrl(attempt, { maxAge: 5 }), /part of its attempt/);
    assert.equal(op.requestsTo('authorize').length, 0);
  });
});

describe('pushed authorization requests', () => {
  const secret = { clientSecret: 'secret' };

  it('auto: where the provider demands them, with client authentication, and the browser carries a reference', async (t) => {
    const extra = [['resource', 'https://a.example/']] as const;
    const { op, rp } = await setUp(t, { ...secret, requirePar: true }, asking({ extra, maxAge: 60 }));
    assert.equal((await rp.signIn()).sub, 'user-1');
    const [pushed] = op.requestsTo('par');
    assert.match(pushed?.headers.authorization ?? '', /^Basic /);
    for (const name of ['state', 'nonce', 'code_challenge', 'max_age', 'resource']) assert.ok(pushed?.form.has(name));
    const names = [...(op.requestsTo('authorize')[0]?.query.keys() ?? [])].toSorted();
    assert.deepEqual(names, ['client_id', 'request_uri']);
  });

  it('auto: not where the provider merely can', async (t) => {
    const { op, rp } = await setUp(t, secret);
    await rp.signIn();
    assert.equal(op.requestsTo('par').length, 0);
  });

  it('required: always, and no sign-in begins without the endpoint', async (t) => {
    const { op, rp } = await setUp(t, secret, asking({ par: 'required' }));
    await rp.signIn();
    assert.equal(op.requestsTo('par').length, 1);
    const other = await setUp(t, secret, asking({ par: 'required' }));
    other.op.behave({
      discovery: (document) => {
        delete document['pushed_authorization_request_endpoint'];
      },
    });
    await findRefusal(other.rp.signIn(), 'par_failed', /has no pushed/);
    assert.equal(other.op.requestsTo('authorize').length, 0);
  });

  it('off: never, with a warning where the provider demands them', async (t) => {
    const { op, rp } = await setUp(t, { ...secret, requirePar: true }, asking({ par: 'off' }));
    await assert.rejects(rp.signIn(), /must be pushed/);
    assert.equal(op.requestsTo('par').length, 0);
    assert.ok(rp.logs.some(({ event }) => event === 'provider_requires_par'));
  });

  const json = { 'content-type': 'application/json' };
  const faults = {
    'a refused client': [401, '{"error":"invalid_client"}', 'client_auth_failed'],
    'an error': [400, '{"error":"invalid_request","error_description":"<b>"}', 'idp_error'],
    'no reference': [201, '{"expires_in":5}', 'par_failed'],
    'a page': [201, '<html>', 'par_failed'],
    'another status': [200, '{"request_uri":"urn:x","expires_in":5}', 'par_failed'],
    'a failure': [503, '', 'idp_unreachable'],
  } as const;
  for (const [name, [status, body, code]] of Object.entries(faults)) {
    it(`${name} ends the sign-in before the browser leaves`, async (t) => {
      const { op, rp } = await setUp(t, secret, asking({ par: 'required' }));
      op.behave({ answer: { par: () => ({ status, headers: json, body }) } });
      const refusal = await findRefusal(rp.signIn(), code, /PAR endpoint|refused the client/);
      assert.doesNotMatch(refusal.detail, /<b>/);
      assert.equal(op.requestsTo('authorize').length, 0);
    });
  }

  it('a reference is what the provider says, in its place only', async (t) => {
    const { op, rp } = await setUp(t, secret, asking({ par: 'required' }));
    const body = JSON.stringify({ request_uri: 'urn:x&redirect_uri=https://evil.example', expires_in: 5 });
    op.behave({ answer: { par: () => ({ status: 201, headers: json, body }) } });
    const url = await rp.provider.loadAuthorizationUrl(buildAttempt());
    assert.equal(url.searchParams.has('redirect_uri'), false);
  });
});

describe('tokens', () => {
  it('are handed on with their expiry', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave({ tokenResponse: (body) => ({ ...body, refresh_token: 'refresh-1' }) });
    const { tokens } = await rp.signIn();
    assert.equal(tokens.refreshToken, 'refresh-1');
    assert.ok(Math.abs((tokens.expiresAt ?? 0) - Date.now() / 1000 - 300) < 10);
    assert.ok((tokens.accessToken ?? '').length > 100);
    assert.deepEqual(Object.keys(tokens).toSorted(), ['accessToken', 'expiresAt', 'receivedAt', 'refreshToken']);
  });

  it('without an expiry and a refresh token there is none', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave({
      tokenResponse: (body) => {
        delete body['expires_in'];
      },
    });
    assert.deepEqual(Object.keys((await rp.signIn()).tokens), ['accessToken', 'receivedAt']);
  });
});
