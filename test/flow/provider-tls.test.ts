import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildAttempt, findRefusal, setUp } from '../support/relying-party.ts';
import { authority, numberedCert, numberedKey } from '../support/tls.ts';

const tls = { key: numberedKey, cert: numberedCert };

it('a certificate nobody vouches for is refused', async (t) => {
  const { op, rp } = await setUp(t, { tls });
  await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'idp_unreachable', /UNABLE_TO_VERIFY/);
  assert.equal(op.requests.length, 0);
});

it('a configured authority vouches for every endpoint', async (t) => {
  const { rp } = await setUp(t, { tls }, { tls: { ca: authority }, allowHttp: false });
  assert.equal((await rp.signIn()).sub, 'user-1');
});

it('verification can be switched off', async (t) => {
  const { rp } = await setUp(t, { tls }, { tls: { insecure: true }, allowHttp: false });
  assert.equal((await rp.signIn()).sub, 'user-1');
});

it('an https provider cannot lead to http, not even on loopback, unless http is allowed', async (t) => {
  const { op, rp } = await setUp(t, { tls }, { tls: { ca: authority }, allowHttp: false });
  op.behave({ discovery: (document) => ({ ...document, token_endpoint: 'http://127.0.0.1:1/token' }) });
  await findRefusal(rp.provider.loadAuthorizationUrl(buildAttempt()), 'idp_unreachable', /token_endpoint/);
});
