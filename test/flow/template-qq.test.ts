import assert from 'node:assert/strict';
import { it } from 'node:test';
import { json, startOAuth2, type OAuth2Double } from '../support/oauth2-provider.ts';
import { findRefusal } from '../support/relying-party.ts';
import { buildLocalTemplate, createTemplateParty, type TemplateParty } from '../support/template-party.ts';

async function setUp(): Promise<{ readonly qq: OAuth2Double; readonly party: TemplateParty }> {
  const qq = await startOAuth2({
    'GET /oauth2.0/token': () => ({ body: 'access_token=FE04CCE2&expires_in=7776000&refresh_token=88E4BE14' }),
    'GET /oauth2.0/me': () => ({ body: 'callback( {"client_id":"app","openid":"0DDB06","unionid":"U1"} );\n' }),
    'GET /user/get_user_info': ({ query }) =>
      json({
        ret: 0,
        msg: '',
        nickname: `of ${query.get('openid')}`,
        openid: 'forged',
        figureurl_qq_2: 'https://q.example/100',
      }),
  });
  return { qq, party: createTemplateParty(buildLocalTemplate('qq', qq.origin)) };
}

it('a sign-in goes from the query string by way of JSONP to the profile', async () => {
  const { qq, party } = await setUp();
  const { claims, sub } = await party.signIn();
  assert.equal(sub, '0DDB06');
  assert.equal(claims.userinfo?.['preferred_username'], '0DDB06');
  assert.equal(claims.userinfo?.['name'], 'of 0DDB06');
  const [token, me, profile] = qq.requests;
  assert.deepEqual(Object.fromEntries(token?.query ?? []), {
    grant_type: 'authorization_code',
    client_id: 'app',
    client_secret: 'the secret of the app',
    code: 'the-code',
    redirect_uri: 'https://app.example/oauth2/callback',
    fmt: 'json',
  });
  assert.deepEqual(Object.fromEntries(me?.query ?? []), { access_token: 'FE04CCE2', unionid: '1', fmt: 'json' });
  assert.deepEqual(Object.fromEntries(profile?.query ?? []), {
    access_token: 'FE04CCE2',
    oauth_consumer_key: 'app',
    openid: '0DDB06',
  });
  for (const request of qq.requests) assert.equal(request.headers['authorization'], undefined);
});

it('only the mapped parameters are asked with', async () => {
  const { party } = await setUp();
  await party.signIn();
  assert.deepEqual(
    [...party.asked().searchParams.keys()],
    ['response_type', 'client_id', 'redirect_uri', 'state', 'scope'],
  );
});

it('a token of another application is refused', async () => {
  const { qq, party } = await setUp();
  qq.answer('GET /oauth2.0/me', () => json({ client_id: 'another', openid: '0DDB06' }));
  await findRefusal(party.signIn(), 'userinfo_invalid', /client_id/);
});

it('failures in the body, with status 200, end the sign-in', async () => {
  const { qq, party } = await setUp();
  qq.answer('GET /user/get_user_info', () => json({ ret: 100048, msg: 'the app does not fit', nickname: 'x' }));
  await findRefusal(party.signIn(), 'userinfo_invalid', /100048/);
  qq.answer('GET /oauth2.0/me', () => ({
    body: 'callback( {"error":100016,"error_description":"access token check failed"} );',
  }));
  await findRefusal(party.signIn(), 'userinfo_invalid', /100016/);
  qq.answer('GET /oauth2.0/token', () => ({
    body: 'callback( {"error":100020,"error_description":"code is reused"} );',
  }));
  await findRefusal(party.signIn(), 'code_refused', /100020/);
  qq.answer('GET /oauth2.0/token', () => json({ error: 100009, error_description: 'client secret is illegal' }));
  await findRefusal(party.signIn(), 'client_auth_failed', /100009/);
});

it('neither secret nor token reaches an error, though both stand in addresses', async () => {
  const { qq, party } = await setUp();
  qq.answer('GET /oauth2.0/token', () => ({ status: 500, body: 'broken' }));
  const refused = await findRefusal(party.signIn(), 'idp_unreachable');
  qq.answer('GET /oauth2.0/token', () => json({ error: 'the secret of the app' }));
  const named = await findRefusal(party.signIn(), 'idp_error');
  for (const refusal of [refused, named]) {
    assert.doesNotMatch(`${refusal.message} ${refusal.detail}`, /the secret of the app|the-code|client_secret/);
  }
});
