import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRelyingParty, findRefusal, setUp } from '../support/relying-party.ts';

it('oidcc-client-test-client-secret-basic: id and secret go form-encoded into the Authorization header', async (t) => {
  const clientId = 'app-1:ü/%+ ~';
  const { op, rp } = await setUp(t, { clientId, clientSecret: 's-e_c.r!e~t*:%+ "ü' });
  await rp.signIn();
  const [request] = op.requestsTo('token');
  assert.match(request?.headers.authorization ?? '', /^Basic /);
  assert.equal(request?.form.has('client_secret'), false);
  assert.equal(request?.form.has('client_id'), false);
});

it('client_secret_post where basic is not announced', async (t) => {
  const { op, rp } = await setUp(t, { clientSecret: 'secret', authMethods: ['client_secret_post'] });
  await rp.signIn();
  const [request] = op.requestsTo('token');
  assert.equal(request?.headers.authorization, undefined);
  assert.equal(request?.form.get('client_secret'), 'secret');
  assert.equal(request?.form.get('client_id'), 'app');
});

it('basic where nothing is announced', async (t) => {
  const { op, rp } = await setUp(t, { clientSecret: 'secret' });
  op.behave({
    discovery: (document) => {
      delete document['token_endpoint_auth_methods_supported'];
    },
  });
  await rp.signIn();
  assert.match(op.requestsTo('token')[0]?.headers.authorization ?? '', /^Basic /);
  assert.deepEqual(rp.logs, []);
});

it('a public client sends its id in the body and no secret', async (t) => {
  const { op, rp } = await setUp(t);
  await rp.signIn();
  const [request] = op.requestsTo('token');
  assert.equal(request?.headers.authorization, undefined);
  assert.equal(request?.form.get('client_id'), 'app');
  assert.equal(request?.form.has('client_secret'), false);
  assert.equal(request?.form.get('code_verifier')?.length, 43);
});

it('a method that is not announced is used as configured, with a warning', async (t) => {
  const authMethods = ['client_secret_basic'];
  const { op, rp } = await setUp(t, { clientSecret: 'secret', authMethods }, { tokenAuthMethod: 'client_secret_post' });
  const detail = /method used: client_secret_post; methods announced: client_secret_basic/;
  await findRefusal(rp.signIn(), 'client_auth_failed', detail);
  assert.ok(rp.logs.some(({ event, level }) => event === 'provider_auth_method_not_announced' && level === 'warn'));
  assert.equal(op.requestsTo('token').length, 1);
});

it('a wrong secret is named by its method, never by its value, and not tried again', async (t) => {
  const { op, rp } = await setUp(t, { clientSecret: 'right' }, { clientSecret: () => 'WRONG-VALUE' });
  const refusal = await findRefusal(rp.signIn(), 'client_auth_failed', /method used: client_secret_basic/);
  assert.doesNotMatch(`${refusal.detail} ${JSON.stringify(rp.logs)}`, /WRONG-VALUE/);
  assert.equal(op.requestsTo('token').length, 1);
});

it('a renewed secret counts at once', async (t) => {
  let secret = 'old';
  const { rp } = await setUp(t, { clientSecret: 'new' }, { clientSecret: () => secret });
  await findRefusal(rp.signIn(), 'client_auth_failed');
  secret = 'new';
  assert.equal((await rp.signIn()).sub, 'user-1');
});

it('a configured method without a secret asks nothing of the provider', async (t) => {
  const { op } = await setUp(t, { clientSecret: 'secret' });
  const rp = createRelyingParty(op, { tokenAuthMethod: 'client_secret_basic', clientSecret: () => undefined });
  t.after(() => rp.close());
  await findRefusal(rp.signIn(), 'client_auth_failed', /needs a client secret/);
  assert.equal(op.requestsTo('token').length, 0);
});

it('a bare 401 means the client was refused', async (t) => {
  const { op, rp } = await setUp(t, { clientSecret: 'secret' });
  op.behave({ answer: { token: () => ({ status: 401, headers: {}, body: '' }) } });
  await findRefusal(rp.signIn(), 'client_auth_failed');
});

it('a refused client is told whether it should be public, or has the wrong secret or method', async (t) => {
  const secret = { clientSecret: 'right' };
  const isPublic = await setUp(
    t,
    { ...secret, authMethods: ['client_secret_basic'] },
    { clientSecret: () => undefined },
  );
  await findRefusal(isPublic.rp.signIn(), 'client_auth_failed', /no secret was sent: mark the client as public/);
  const wrong = await setUp(t, secret, { clientSecret: () => 'wrong' });
  await findRefusal(
    wrong.rp.signIn(),
    'client_auth_failed',
    /the secret is wrong or has expired, the client is public/,
  );
  const method = await setUp(
    t,
    { ...secret, authMethods: ['client_secret_basic'] },
    { tokenAuthMethod: 'client_secret_post' },
  );
  await findRefusal(
    method.rp.signIn(),
    'client_auth_failed',
    /set PROXY_OIDC_TOKEN_AUTH_METHOD to an announced method/,
  );
});
