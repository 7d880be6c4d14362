import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ProviderOptions } from '../../src/oidc/provider.ts';
import type { VerifyMethod } from '../../src/oidc/bearer.ts';
import type { TokenWish } from '../support/provider-types.ts';
import { createRelyingParty, findRefusal, setUp as setUpParties } from '../support/relying-party.ts';

const users = [
  {
    sub: 'user-1',
    claims: { preferred_username: 'demo' },
    userinfo: { role: 'from userinfo' },
    accessToken: { role: 'from token' },
  },
  { sub: 'user-2', claims: { preferred_username: 'other' } },
];
const bearer = { strictType: false, acceptOpaque: false };
const secret = { clientSecret: 'a-secret' };

const hideType = (claims: Record<string, unknown>) => ({ ...claims, token_type: undefined });

function setUp(t: TestContext, method: VerifyMethod, overrides: Partial<ProviderOptions> = {}) {
  return setUpParties(t, { users, ...secret }, { accessTokenVerifyMethod: method, bearer, ...overrides });
}

describe('method jwt', () => {
  it('userinfo goes over the token, and both are sources', async (t) => {
    const { op, rp } = await setUp(t, 'jwt');
    const token = await op.issueToken({ claims: { sid: 'session-1', acr: 'mfa', auth_time: 1_700_000_000 } });
    const found = await rp.provider.verifyAccessToken(token);
    assert.equal(found.sub, 'user-1');
    assert.equal(found.iss, op.issuer);
    assert.equal(found.claims.accessToken?.['role'], 'from token');
    assert.equal(found.claims.userinfo?.['role'], 'from userinfo');
    assert.equal(found.claims.idToken, undefined);
    assert.deepEqual([found.sid, found.acr, found.authTime], ['session-1', 'mfa', 1_700_000_000]);
    assert.equal(found.isLive, false);
    assert.equal(found.expiresAt, found.claims.accessToken?.['exp']);
    assert.equal(op.requestsTo('userinfo')[0]?.headers.authorization, `Bearer ${token}`);
  });

  it('without userinfo the token is enough', async (t) => {
    const { op, rp } = await setUp(t, 'jwt', { userinfo: 'off' });
    assert.equal((await rp.provider.verifyAccessToken(await op.issueToken({ known: false }))).sub, 'user-1');
    assert.equal(op.requestsTo('userinfo').length, 0);
  });

  const refused: Record<string, { wish: TokenWish; detail: RegExp }> = {
    'another client': { wish: { clientId: 'desktop' }, detail: /an audience of ours: \{"aud":"desktop"/ },
    'no exp': { wish: { claims: { exp: undefined } }, detail: /exp is missing/ },
    expired: { wish: { claims: { exp: 1_000 } }, detail: /exp passed/ },
    'not yet': { wish: { claims: { nbf: 4_000_000_000 } }, detail: /nbf/ },
    'another issuer': { wish: { claims: { iss: 'https://other.example' } }, detail: /iss is not/ },
    'no issuer': { wish: { claims: { iss: undefined } }, detail: /iss is not/ },
    'another key': { wish: { signing: 'wrong-key' }, detail: /signature does not hold/ },
    unsigned: { wish: { signing: 'none' }, detail: /algorithm none/ },
    'HS256 with the public key': { wish: { signing: 'hs256-public-key' }, detail: /algorithm HS256/ },
    'an ID token by typ': { wish: { claims: { typ: 'ID' } }, detail: /another kind/ },
    'an ID token by type': { wish: { claims: { type: 'id-token' } }, detail: /another kind/ },
    'a refresh token': { wish: { claims: { typ: 'Refresh' } }, detail: /another kind/ },
    'a logout token by typ': { wish: { claims: { typ: 'Logout' } }, detail: /another kind/ },
    'a logout token by its header': { wish: { header: { typ: 'logout+jwt' } }, detail: /another kind/ },
    'a logout token by events': { wish: { claims: { events: {} } }, detail: /logout token/ },
    'one that is bound to a key': { wish: { claims: { cnf: { jkt: 'x' } } }, detail: /bound to a key/ },
    'sub of another type': { wish: { claims: { sub: 7 } }, detail: /sub is not a text/ },
    opaque: { wish: { format: 'opaque' }, detail: /not a signed JWT/ },
  };
  for (const [name, { wish, detail }] of Object.entries(refused)) {
    it(`refused: ${name}`, async (t) => {
      const { op, rp } = await setUp(t, 'jwt');
      await findRefusal(rp.provider.verifyAccessToken(await op.issueToken(wish)), 'invalid_token', detail);
    });
  }

  it('nobody asks the provider about a token that fails here', async (t) => {
    const { op, rp } = await setUp(t, 'jwt');
    await findRefusal(rp.provider.verifyAccessToken(await op.issueToken({ clientId: 'x' })), 'invalid_token');
    assert.equal(op.requestsTo('userinfo').length, 0);
  });

  it('the issuer is no audience even where it is configured', async (t) => {
    const { op } = await setUp(t, 'jwt');
    const rp = createRelyingParty(op, { bearer, audiences: [op.issuer, 'app'] });
    t.after(() => rp.close());
    await rp.provider.verifyAccessToken(await op.issueToken({ claims: { aud: [op.issuer, 'app'] } }));
    const token = await op.issueToken({ claims: { aud: [op.issuer] } });
    await findRefusal(rp.provider.verifyAccessToken(token), 'invalid_token', /an audience of ours/);
  });

  it('with the strict type the header must say at+jwt', async (t) => {
    const { op, rp } = await setUp(t, 'jwt', { bearer: { ...bearer, strictType: true } });
    await rp.provider.verifyAccessToken(await op.issueToken());
    const plain = await op.issueToken({ header: { typ: 'JWT' } });
    await findRefusal(rp.provider.verifyAccessToken(plain), 'invalid_token', /at\+jwt/);
  });

  it('the issuer of access tokens may differ, and sessions still carry that of the provider', async (t) => {
    const { op, rp } = await setUp(t, 'jwt');
    op.behave({ discovery: (document) => ({ ...document, access_token_issuer: 'https://adfs.example/trust' }) });
    const found = await rp.provider.verifyAccessToken(
      await op.issueToken({ claims: { iss: 'https://adfs.example/trust' } }),
    );
    assert.equal(found.iss, op.issuer);
    assert.deepEqual(rp.provider.listIssuers(), [op.issuer, 'https://adfs.example/trust']);
  });

  it('userinfo about another subject', async (t) => {
    const { op, rp } = await setUp(t, 'jwt');
    op.behave({ userinfo: (claims) => ({ ...claims, sub: 'user-2' }) });
    await findRefusal(rp.provider.verifyAccessToken(await op.issueToken()), 'invalid_token', /another subject/);
  });

  it('a token without sub gets that of userinfo; without any it is refused', async (t) => {
    const { op, rp } = await setUp(t, 'jwt');
    const token = await op.issueToken({ user: 'user-2', claims: { sub: undefined } });
    assert.equal((await rp.provider.verifyAccessToken(token)).sub, 'user-2');
    op.behave({ userinfo: (claims) => ({ ...claims, sub: undefined }) });
    await findRefusal(rp.provider.verifyAccessToken(token), 'invalid_token', /another subject/);
    op.behave({ status: { userinfo: 403 } });
    await findRefusal(rp.provider.verifyAccessToken(token), 'invalid_token', /no sub/);
  });

  it('401 at userinfo means a token that was revoked', async (t) => {
    const { op, rp } = await setUp(t, 'jwt');
    await findRefusal(
      rp.provider.verifyAccessToken(await op.issueToken({ known: false })),
      'invalid_token',
      /status 401/,
    );
  });

  it('another refusal at userinfo means a token that is not for it', async (t) => {
    const { op, rp } = await setUp(t, 'jwt');
    op.behave({ status: { userinfo: 403 } });
    const { claims } = await rp.provider.verifyAccessToken(await op.issueToken());
    assert.equal(claims.userinfo, undefined);
    const { op: strict, rp: needy } = await setUp(t, 'jwt', { userinfo: 'required' });
    strict.behave({ status: { userinfo: 403 } });
    await findRefusal(needy.provider.verifyAccessToken(await strict.issueToken()), 'invalid_token', /status 403/);
  });

  it('a signed userinfo answer may be for the client that has the token', async (t) => {
    const { op, rp } = await setUp(t, 'jwt', { audiences: ['desktop'] });
    op.behave({ signUserinfo: 'RS256', userinfo: (claims) => ({ ...claims, aud: 'desktop' }) });
    assert.ok((await rp.provider.verifyAccessToken(await op.issueToken({ clientId: 'desktop' }))).claims.userinfo);
  });

  for (const [what, behaviour] of [
    ['discovery', { down: ['discovery'] as const }],
    ['the keys', { down: ['jwks'] as const }],
    ['userinfo', { down: ['userinfo'] as const }],
    ['userinfo with 503', { status: { userinfo: 503 } }],
    ['userinfo with 429', { status: { userinfo: 429 } }],
  ] as const) {
    it(`nobody passes while there is no word from ${what}`, async (t) => {
      const { op, rp } = await setUp(t, 'jwt');
      op.behave(behaviour);
      const refusal = await findRefusal(rp.provider.verifyAccessToken(await op.issueToken()), 'idp_unreachable');
      assert.ok((refusal.retryAfter ?? 0) > 0);
      op.reset();
    });
  }
});

describe('method none', () => {
  it('userinfo decides, and the token is no source', async (t) => {
    const { op, rp } = await setUp(t, 'none');
    const found = await rp.provider.verifyAccessToken(await op.issueToken());
    assert.deepEqual(Object.keys(found.claims), ['userinfo']);
    assert.equal(found.sub, 'user-1');
    assert.equal(found.isLive, true);
    assert.ok((found.expiresAt ?? 0) > 0);
    assert.equal(op.requestsTo('jwks').length <= 1, true);
  });

  const refused: Record<string, { wish: TokenWish; detail: RegExp }> = {
    'another client': { wish: { clientId: 'desktop' }, detail: /an audience of ours/ },
    'an ID token by type': { wish: { claims: { type: 'id-token' } }, detail: /another kind/ },
    'another issuer': { wish: { claims: { iss: 'https://other.example' } }, detail: /iss is not/ },
    expired: { wish: { claims: { exp: 1_000 } }, detail: /exp passed/ },
    'another subject': { wish: { claims: { sub: 'user-2' } }, detail: /another subject/ },
    'one that is bound to a key': { wish: { claims: { cnf: { jkt: 'x' } } }, detail: /bound to a key/ },
    'unknown to userinfo': { wish: { known: false }, detail: /status 401/ },
    'opaque, as nobody can tell for whom it is': { wish: { format: 'opaque' }, detail: /PROXY_BEARER_ACCEPT_OPAQUE/ },
  };
  for (const [name, { wish, detail }] of Object.entries(refused)) {
    it(`refused: ${name}`, async (t) => {
      const { op, rp } = await setUp(t, 'none');
      await findRefusal(rp.provider.verifyAccessToken(await op.issueToken(wish)), 'invalid_token', detail);
    });
  }

  it('an opaque token is accepted where that is wanted, for as long as userinfo knows it', async (t) => {
    const { op, rp } = await setUp(t, 'none', { bearer: { ...bearer, acceptOpaque: true } });
    const found = await rp.provider.verifyAccessToken(await op.issueToken({ format: 'opaque' }));
    assert.equal(found.sub, 'user-1');
    assert.equal(found.expiresAt, undefined);
    const unknown = await op.issueToken({ format: 'opaque', known: false });
    await findRefusal(rp.provider.verifyAccessToken(unknown), 'invalid_token', /status 401/);
  });

  it('the form of a JWT with claims that cannot be read is not opaque', async (t) => {
    const { rp } = await setUp(t, 'none', { bearer: { ...bearer, acceptOpaque: true } });
    await findRefusal(rp.provider.verifyAccessToken('e30.AAAA.x'), 'invalid_token', /cannot be read/);
  });

  it('no word of userinfo is no word for the token', async (t) => {
    const { op, rp } = await setUp(t, 'none');
    op.behave({ answer: { userinfo: (answer) => ({ ...answer, headers: { 'content-type': 'text/html' } }) } });
    await findRefusal(rp.provider.verifyAccessToken(await op.issueToken()), 'userinfo_invalid');
    op.reset();
    op.behave({ status: { userinfo: 403 } });
    await findRefusal(rp.provider.verifyAccessToken(await op.issueToken()), 'invalid_token', /status 403/);
  });
});

describe('method introspect', () => {
  it('the answer is a source, userinfo goes over it', async (t) => {
    const { op, rp } = await setUp(t, 'introspect');
    op.behave({ introspection: (claims) => ({ ...claims, role: 'from introspection' }) });
    const token = await op.issueToken({ format: 'opaque' });
    const found = await rp.provider.verifyAccessToken(token);
    assert.equal(found.claims.accessToken?.['role'], 'from introspection');
    assert.equal(found.claims.userinfo?.['role'], 'from userinfo');
    assert.equal(found.isLive, true);
    const [request] = op.requestsTo('introspect');
    assert.equal(request?.method, 'POST');
    assert.equal(request?.form.get('token'), token);
    assert.equal(request?.form.get('token_type_hint'), 'access_token');
    assert.match(request?.headers.authorization ?? '', /^Basic /);
  });

  const refused: Record<string, { change: (claims: Record<string, unknown>) => unknown; detail: RegExp }> = {
    'not active': { change: () => ({ active: false }), detail: /not active/ },
    expired: { change: (claims) => ({ ...claims, exp: 1_000 }), detail: /exp passed/ },
    'exp that is no time': { change: (claims) => ({ ...claims, exp: '9999999999' }), detail: /exp is not a time/ },
    'not yet': { change: (claims) => ({ ...claims, nbf: 4_000_000_000 }), detail: /nbf/ },
    'another client': { change: (claims) => ({ ...claims, client_id: 'desktop' }), detail: /an audience of ours/ },
    'another audience': { change: (claims) => ({ ...claims, aud: 'desktop' }), detail: /an audience of ours/ },
    'no client': { change: (claims) => ({ ...claims, client_id: undefined }), detail: /an audience of ours/ },
    'another issuer': { change: (claims) => ({ ...claims, iss: 'https://other.example' }), detail: /iss is not/ },
    'token_type DPoP': { change: (claims) => ({ ...claims, token_type: 'DPoP' }), detail: /token_type/ },
    'token_type that is no text': { change: (claims) => ({ ...claims, token_type: null }), detail: /token_type/ },
    'a refresh token by token_use': {
      change: (claims) => ({ ...claims, token_use: 'refresh_token' }),
      detail: /another kind/,
    },
    'a refresh token by typ': { change: (claims) => ({ ...claims, typ: 'Refresh' }), detail: /another kind/ },
    'one that is bound to a key': { change: (claims) => ({ ...claims, cnf: {} }), detail: /bound to a key/ },
    'another subject than userinfo': { change: (claims) => ({ ...claims, sub: 'user-2' }), detail: /another subject/ },
  };
  for (const [name, { change, detail }] of Object.entries(refused)) {
    it(`refused: ${name}`, async (t) => {
      const { op, rp } = await setUp(t, 'introspect');
      op.behave({ introspection: change });
      const token = await op.issueToken({ format: 'opaque' });
      await findRefusal(rp.provider.verifyAccessToken(token), 'invalid_token', detail);
    });
  }

  it('a token of unknown kind passes only where userinfo takes it for an access token', async (t) => {
    const { op, rp } = await setUp(t, 'introspect');
    op.behave({ introspection: hideType });
    await rp.provider.verifyAccessToken(await op.issueToken({ format: 'opaque' }));
    op.behave({ status: { userinfo: 403 } });
    const another = await op.issueToken({ format: 'opaque' });
    await findRefusal(rp.provider.verifyAccessToken(another), 'invalid_token', /status 403/);
    const { op: plain, rp: alone } = await setUp(t, 'introspect', { userinfo: 'off' });
    plain.behave({ introspection: hideType });
    const third = await plain.issueToken({ format: 'opaque' });
    await findRefusal(alone.provider.verifyAccessToken(third), 'userinfo_invalid', /vouch/);
    plain.behave({ introspection: (claims) => ({ ...hideType(claims), token_use: 'access_token' }) });
    await alone.provider.verifyAccessToken(third);
  });

  const unusable: Record<
    string,
    {
      behaviour: Parameters<Awaited<ReturnType<typeof setUp>>['op']['behave']>[0];
      code: 'idp_error' | 'idp_unreachable' | 'client_auth_failed';
    }
  > = {
    'a signed answer': {
      behaviour: {
        answer: {
          introspect: (answer) => ({ ...answer, headers: { 'content-type': 'application/token-introspection+jwt' } }),
        },
      },
      code: 'idp_error',
    },
    HTML: {
      behaviour: { answer: { introspect: (answer) => ({ ...answer, headers: { 'content-type': 'text/html' } }) } },
      code: 'idp_error',
    },
    'active that is no boolean': {
      behaviour: { introspection: (claims) => ({ ...claims, active: 'true' }) },
      code: 'idp_error',
    },
    'no active': { behaviour: { introspection: () => ({}) }, code: 'idp_error' },
    'no object': { behaviour: { introspection: () => [true] }, code: 'idp_error' },
    'status 400': { behaviour: { status: { introspect: 400 } }, code: 'idp_error' },
    'status 302': { behaviour: { status: { introspect: 302 } }, code: 'idp_error' },
    'an active token with status 201': {
      behaviour: { answer: { introspect: (answer) => ({ ...answer, status: 201 }) } },
      code: 'idp_error',
    },
    'status 401': { behaviour: { status: { introspect: 401 } }, code: 'client_auth_failed' },
    'status 503': { behaviour: { status: { introspect: 503 } }, code: 'idp_unreachable' },
    'no connection': { behaviour: { down: ['introspect'] }, code: 'idp_unreachable' },
  };
  for (const [name, { behaviour, code }] of Object.entries(unusable)) {
    it(`nobody passes on ${name}`, async (t) => {
      const { op, rp } = await setUp(t, 'introspect');
      op.behave(behaviour);
      const token = await op.issueToken({ format: 'opaque' });
      const refusal = await findRefusal(rp.provider.verifyAccessToken(token), code);
      assert.ok(!JSON.stringify([refusal.detail, String(refusal.cause)]).includes(token));
      op.reset();
    });
  }

  it('needs an endpoint, announced or configured', async (t) => {
    const { op, rp } = await setUp(t, 'introspect');
    op.behave({ discovery: (document) => ({ ...document, introspection_endpoint: undefined }) });
    const token = await op.issueToken({ format: 'opaque' });
    await findRefusal(rp.provider.verifyAccessToken(token), 'idp_error', /no introspection endpoint/);
    const told = createRelyingParty(op, {
      bearer,
      endpoints: { introspection_endpoint: `${op.issuer}/introspect` },
      accessTokenVerifyMethod: 'introspect',
    });
    t.after(() => told.close());
    await told.provider.verifyAccessToken(token);
    assert.equal(op.requestsTo('introspect').length, 1);
  });
});

describe('method auto', () => {
  it('a JWT is verified here', async (t) => {
    const { op, rp } = await setUp(t, 'auto');
    await rp.provider.verifyAccessToken(await op.issueToken());
    assert.equal(op.requestsTo('introspect').length, 0);
    const forged = await op.issueToken({ signing: 'wrong-key' });
    await findRefusal(rp.provider.verifyAccessToken(forged), 'invalid_token', /signature/);
  });

  it('another token is introspected where that is possible', async (t) => {
    const { op, rp } = await setUp(t, 'auto');
    await rp.provider.verifyAccessToken(await op.issueToken({ format: 'opaque' }));
    assert.equal(op.requestsTo('introspect').length, 1);
  });

  it('and falls under the rules of none where it is not', async (t) => {
    const { op, rp } = await setUp(t, 'auto');
    op.behave({ discovery: (document) => ({ ...document, introspection_endpoint: undefined }) });
    const token = await op.issueToken({ format: 'opaque' });
    await findRefusal(rp.provider.verifyAccessToken(token), 'invalid_token', /ACCEPT_OPAQUE/);
  });

  it('an introspection endpoint without TLS is not announced as far as we are concerned', async (t) => {
    const { op, rp } = await setUp(t, 'auto');
    op.behave({ discovery: (document) => ({ ...document, introspection_endpoint: 'http://op.example/introspect' }) });
    const token = await op.issueToken({ format: 'opaque' });
    await findRefusal(rp.provider.verifyAccessToken(token), 'invalid_token', /ACCEPT_OPAQUE/);
  });
});

describe('sign-in beside it', () => {
  for (const method of ['introspect', 'auto'] as const) {
    it(`${method} opens access tokens at sign-in as jwt does`, async (t) => {
      const { rp, op } = await setUp(t, method);
      assert.equal((await rp.signIn()).claims.accessToken?.['role'], 'from token');
      assert.equal(op.requestsTo('introspect').length, 0);
    });
  }

  it('a foreign client is named with the line to add', async (t) => {
    const { op, rp } = await setUp(t, 'none');
    for (let n = 0; n < 2; n += 1) {
      const token = await op.issueToken({ clientId: 'OpenCloudDesktop' });
      await findRefusal(rp.provider.verifyAccessToken(token), 'invalid_token');
    }
    const lines = rp.logs.filter(({ event }) => event === 'bearer_audience_refused');
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.level, 'warn');
    assert.equal(lines[0]?.fields['line'], 'PROXY_OIDC_AUDIENCES=app,OpenCloudDesktop');
  });
});
