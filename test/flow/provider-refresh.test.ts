import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import type { ProviderOptions } from '../../src/oidc/provider.ts';
import type { KnownPerson, Refreshed } from '../../src/oidc/refreshed.ts';
import type { Behaviour, Json, ProviderSetup, TestProvider } from '../support/provider-types.ts';
import { startRealProvider } from '../support/real-provider.ts';
import { createRelyingParty, findRefusal, plainRequest, setUp } from '../support/relying-party.ts';

interface SignedIn {
  readonly op: TestProvider;
  readonly refreshToken: string;
  readonly refresh: (token?: string, known?: Partial<KnownPerson>) => Promise<Refreshed>;
  readonly events: () => readonly string[];
}

async function signIn(
  t: TestContext,
  setup: ProviderSetup = {},
  options: Partial<ProviderOptions> = {},
): Promise<SignedIn> {
  const { op, rp } = await setUp(t, { refreshTokens: 'rotate', ...setup }, options);
  const { iss, sub, tokens } = await rp.signIn();
  const { refreshToken = '' } = tokens;
  return {
    op,
    refreshToken,
    refresh: (token = refreshToken, known = {}) =>
      rp.provider.refresh?.(token, { iss, sub, nonce: 'the nonce', ...known }) ?? assert.fail('it refreshes'),
    events: () => rp.logs.map(({ event }) => event),
  };
}

const without =
  (name: string) =>
  (body: Json): Json =>
    Object.fromEntries(Object.entries(body).filter(([one]) => one !== name));
const last = (op: TestProvider) => op.requestsTo('token').at(-1) ?? assert.fail('no request');

describe('the request', () => {
  it('is proved as the sign-in was, and asks for the same resources', async (t) => {
    const { op, refresh, refreshToken } = await signIn(
      t,
      { clientSecret: 'the secret of the client' },
      { request: { ...plainRequest, extra: [['resource', 'https://api.example']] } },
    );
    await refresh();
    const { form, headers } = last(op);
    assert.deepEqual(
      [form.get('grant_type'), form.get('refresh_token'), form.get('resource')],
      ['refresh_token', refreshToken, 'https://api.example'],
    );
    assert.match(String(headers.authorization), /^Basic /);
  });

  it('is made once, whatever the answer', async (t) => {
    const { op, refresh } = await signIn(t);
    op.behave({ status: { token: 503 } });
    await findRefusal(refresh(), 'idp_error');
    assert.equal(op.requestsTo('token').length, 2);
  });
});

describe('the answer', () => {
  it('brings new tokens, and claims from everywhere', async (t) => {
    const { op, refresh, refreshToken } = await signIn(t);
    op.behave({ claims: { name: 'New Name' } });
    const { tokens, idToken, claims } = await refresh();
    assert.ok(tokens.refreshToken !== undefined && tokens.refreshToken !== refreshToken);
    assert.ok(idToken);
    assert.equal(claims?.idToken?.['name'], 'New Name');
    assert.equal(claims.userinfo?.['name'], 'New Name');
    assert.equal(claims.accessToken?.['name'], 'New Name');
    assert.equal(op.requestsTo('userinfo').at(-1)?.headers.authorization, `Bearer ${tokens.accessToken}`);
  });

  it('without a new refresh token leaves the old one', async (t) => {
    const { refresh, refreshToken } = await signIn(t, { refreshTokens: 'keep' });
    assert.equal((await refresh()).tokens.refreshToken, refreshToken);
  });

  it('without an ID token has what userinfo and the access token say, and must be about the same person', async (t) => {
    const { op, refresh } = await signIn(t, { refreshTokens: 'keep' });
    op.behave({ refreshResponse: without('id_token'), claims: { name: 'New Name' } });
    const { tokens, idToken, claims } = await refresh();
    assert.ok(tokens.accessToken);
    assert.equal(idToken, undefined);
    assert.deepEqual(Object.keys(claims?.idToken ?? {}), ['iss', 'sub']);
    assert.equal(claims?.userinfo?.['name'], 'New Name');
    assert.equal(claims?.accessToken?.['name'], 'New Name');
    op.behave({ userinfo: () => ({ sub: 'someone-else' }) });
    await findRefusal(refresh(), 'userinfo_invalid');
  });

  it('is used without userinfo only while that is down', async (t) => {
    for (const userinfo of ['auto', 'required'] as const) {
      const { op, refresh } = await signIn(t, { refreshTokens: 'keep' }, { userinfo });
      op.behave({ status: { userinfo: 503 } });
      const refreshed = await refresh();
      assert.ok(refreshed.tokens.accessToken);
      assert.equal(refreshed.claims, undefined, 'nobody loses what userinfo said');
      op.behave({ status: { userinfo: 403 } });
      if (userinfo === 'required') await findRefusal(refresh(), 'userinfo_invalid');
      else assert.ok((await refresh()).claims);
    }
  });

  it('may repeat the nonce of the sign-in', async (t) => {
    const { op, refresh } = await signIn(t);
    op.behave({ idToken: (claims) => ({ ...claims, nonce: 'the nonce' }) });
    assert.ok((await refresh()).claims);
  });

  const faults: readonly (readonly [string, Partial<Behaviour>, ErrorCode])[] = [
    ['another sub', { idToken: (claims) => ({ ...claims, sub: 'someone-else' }) }, 'refresh_refused'],
    ['another iss', { idToken: (claims) => ({ ...claims, iss: 'https://other.example' }) }, 'id_token_invalid'],
    ['another aud', { idToken: (claims) => ({ ...claims, aud: 'other' }) }, 'id_token_invalid'],
    ['another nonce', { idToken: (claims) => ({ ...claims, nonce: 'other' }) }, 'id_token_invalid'],
    ['no iat', { idToken: without('iat') }, 'id_token_invalid'],
    ['an exp that has passed', { idToken: (claims) => ({ ...claims, exp: 1 }) }, 'id_token_invalid'],
    ['no signature', { idToken: () => 'e30.e30.' }, 'id_token_invalid'],
    ['no access token', { refreshResponse: without('access_token') }, 'token_response_invalid'],
    ['a scope refused', { refuseRefresh: 'invalid_scope' }, 'idp_error'],
    ['the grant refused', { refuseRefresh: 'invalid_grant' }, 'refresh_refused'],
    ['access denied', { refuseRefresh: 'access_denied' }, 'refresh_refused'],
    ['a wish to see the person', { refuseRefresh: 'login_required' }, 'refresh_refused'],
    ['the client refused', { refuseRefresh: 'invalid_client' }, 'client_auth_failed'],
    ['silence', { down: ['token'] }, 'idp_unreachable'],
    ['too many requests', { answer: { token: (answer) => ({ ...answer, status: 429, body: '' }) } }, 'idp_unreachable'],
  ];
  for (const [name, behaviour, code] of faults) {
    it(`${name}: ${code}`, async (t) => {
      const { op, refresh, refreshToken } = await signIn(t);
      op.behave(behaviour);
      const { detail } = await findRefusal(refresh(), code);
      assert.ok(!detail.includes(refreshToken));
    });
  }

  it('with an access token that cannot be verified is refused where roles come from it alone', async (t) => {
    const { op, refresh } = await signIn(t, {}, { requireAccessTokenClaims: true });
    op.behave({ accessToken: (claims) => ({ ...claims, aud: 'other' }) });
    await findRefusal(refresh(), 'access_token_invalid');
  });
});

it('oidc-provider rotates its refresh tokens, and ends the sign-in when one comes twice', async (t) => {
  const op = await startRealProvider({
    client: {},
    clientSecret: randomBytes(32).toString('base64url'),
    rotates: true,
  });
  const rp = createRelyingParty(op, { userinfo: 'required' });
  t.after(async () => {
    rp.close();
    await op.close();
  });
  const { iss, sub, tokens } = await rp.signIn();
  const refresh = (token = '') => rp.provider.refresh?.(token, { iss, sub }) ?? assert.fail('it refreshes');
  const second = await refresh(tokens.refreshToken);
  const third = await refresh(second.tokens.refreshToken);
  assert.equal(new Set([tokens, second.tokens, third.tokens].map((one) => one.refreshToken)).size, 3);
  assert.equal(third.claims?.userinfo?.['name'], 'Real User');
  assert.ok(third.idToken);
  await findRefusal(refresh(tokens.refreshToken), 'refresh_refused');
  await findRefusal(refresh(third.tokens.refreshToken), 'refresh_refused');
});
