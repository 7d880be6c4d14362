import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Behaviour } from '../support/provider.ts';
import { findRefusal, setUp } from '../support/relying-party.ts';

it('oidcc-client-test: the plain success ends with a userinfo call', async (t) => {
  const { op, rp } = await setUp(t);
  const { claims } = await rp.signIn();
  assert.equal(claims.userinfo?.['email'], 'demo@example.com');
  assert.equal(op.requestsTo('userinfo').length, 1);
});

it('oidcc-client-test-userinfo-bearer-header: the token goes into the header, nowhere else', async (t) => {
  const { op, rp } = await setUp(t);
  await rp.signIn();
  const [request] = op.requestsTo('userinfo');
  assert.equal(request?.method, 'GET');
  assert.match(request?.headers.authorization ?? '', /^Bearer \S+$/);
  assert.equal(request?.query.size, 0);
  assert.equal(request?.form.size, 0);
});

describe('a provider that takes no GET is asked by POST, with the token in the header', () => {
  const answer: NonNullable<Behaviour['answer']> = {
    userinfo: (found, request) => (request.method === 'POST' ? found : { ...found, status: 405, body: '' }),
  };
  it('at the sign-in', async (t) => {
    const { op, rp } = await setUp(t, {}, { userinfo: 'required', userinfoMethod: 'post' });
    op.behave({ answer });
    assert.equal((await rp.signIn()).claims.userinfo?.['email'], 'demo@example.com');
    const [request] = op.requestsTo('userinfo');
    assert.equal(request?.method, 'POST');
    assert.match(request?.headers.authorization ?? '', /^Bearer \S+$/);
    assert.equal(request?.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(request?.query.size, 0);
    assert.equal(request?.form.size, 0);
  });

  it('for a token that a client brings along', async (t) => {
    const { op, rp } = await setUp(t, {}, { userinfo: 'required', userinfoMethod: 'post' });
    op.behave({ answer });
    const { claims } = await rp.provider.verifyAccessToken(await op.issueToken());
    assert.equal(claims.userinfo?.['email'], 'demo@example.com');
  });

  it('and says so with GET', async (t) => {
    const { op, rp } = await setUp(t, {}, { userinfo: 'required' });
    op.behave({ answer });
    await findRefusal(rp.signIn(), 'userinfo_invalid', /status 405/);
  });
});

it('oidcc-client-test-scope-userinfo-claims: the configured scopes are asked for, openid always', async (t) => {
  const { op, rp } = await setUp(t, {}, { scopes: ['profile', 'email'] });
  await rp.signIn();
  assert.equal(op.requestsTo('authorize')[0]?.query.get('scope'), 'openid profile email');
});

it('oidcc-client-test-aggregated-claims: claims of others do not disturb', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({
    userinfo: (claims) => ({ ...claims, _claim_names: { age: 'src1' }, _claim_sources: { src1: { JWT: 'e30.e30.' } } }),
  });
  assert.equal((await rp.signIn()).claims.userinfo?.sub, 'user-1');
});

describe('another subject is refused, whatever the mode', () => {
  const others: Record<string, Behaviour> = {
    'oidcc-client-test-userinfo-invalid-sub': { userinfo: (claims) => ({ ...claims, sub: 'user-11' }) },
    'no sub': { userinfo: (claims) => ({ ...claims, sub: undefined }) },
    'sub a list': { userinfo: (claims) => ({ ...claims, sub: ['user-1'] }) },
    'in a signed answer': { signUserinfo: 'RS256', userinfo: (claims) => ({ ...claims, sub: 'user-2' }) },
  };
  for (const [name, behaviour] of Object.entries(others)) {
    for (const userinfo of ['auto', 'required'] as const) {
      it(`${name} (${userinfo})`, async (t) => {
        const { op, rp } = await setUp(t, {}, { userinfo });
        op.behave(behaviour);
        await findRefusal(rp.signIn(), 'userinfo_invalid', /another subject/);
      });
    }
  }
});

describe('what cannot be used is left out in auto mode, and refused when required', () => {
  const failures: Record<string, { behaviour: Behaviour; code?: 'idp_unreachable'; detail: RegExp }> = {
    'status 403': { behaviour: { status: { userinfo: 403 } }, detail: /status 403/ },
    'status 500': { behaviour: { status: { userinfo: 500 } }, detail: /status 500/ },
    'no answer': { behaviour: { down: ['userinfo'] }, code: 'idp_unreachable', detail: /userinfo at/ },
    'a redirect': {
      behaviour: { answer: { userinfo: () => ({ status: 302, headers: { location: '/elsewhere' }, body: '' }) } },
      detail: /status 302/,
    },
    HTML: {
      behaviour: { answer: { userinfo: (a) => ({ ...a, headers: { 'content-type': 'text/html' }, body: '<html>' }) } },
      detail: /neither JSON nor a JWT/,
    },
    'broken JSON': { behaviour: { answer: { userinfo: (a) => ({ ...a, body: '{' }) } }, detail: /is not JSON/ },
    'a list': { behaviour: { userinfo: () => [{ sub: 'user-1' }] }, detail: /not a JSON object/ },
    'a signature that does not hold': { behaviour: { signUserinfo: 'broken' }, detail: /signature does not hold/ },
    'another key': { behaviour: { signUserinfo: 'wrong-key' }, detail: /signature does not hold/ },
    'an unsigned JWT': { behaviour: { signUserinfo: 'none' }, detail: /algorithm none/ },
    'iss of another': {
      behaviour: { signUserinfo: 'RS256', userinfo: (claims) => ({ ...claims, iss: 'https://evil.example' }) },
      detail: /iss is not/,
    },
    'aud of another': {
      behaviour: { signUserinfo: 'RS256', userinfo: (claims) => ({ ...claims, aud: 'other' }) },
      detail: /aud does not/,
    },
    'over 1 MiB': {
      behaviour: { userinfo: (claims) => ({ ...claims, big: 'x'.repeat(1024 * 1024) }) },
      detail: /more than 1 MiB/,
    },
  };
  for (const [name, { behaviour, code = 'userinfo_invalid', detail }] of Object.entries(failures)) {
    it(`${name} (auto)`, async (t) => {
      const { op, rp } = await setUp(t);
      op.behave(behaviour);
      const { claims } = await rp.signIn();
      assert.equal(claims.userinfo, undefined);
      assert.equal(claims.idToken?.['sub'], 'user-1');
      assert.match(JSON.stringify(rp.logs), detail);
    });
    it(`${name} (required)`, async (t) => {
      const { op, rp } = await setUp(t, {}, { userinfo: 'required' });
      op.behave(behaviour);
      await findRefusal(rp.signIn(), code, detail);
    });
  }
});

it('oidcc-client-test-userinfo-signed: a signed answer is verified and used', async (t) => {
  const { op, rp } = await setUp(t, { users: [{ sub: 'user-1', userinfo: { groups: ['staff'] } }] });
  op.behave({ signUserinfo: 'RS256' });
  assert.deepEqual((await rp.signIn()).claims.userinfo?.['groups'], ['staff']);
});

it('a signed answer may lack iss and aud', async (t) => {
  const { op, rp } = await setUp(t);
  op.behave({ signUserinfo: 'ES256', userinfo: (claims) => ({ ...claims, iss: undefined, aud: undefined }) });
  assert.equal((await rp.signIn()).claims.userinfo?.['sub'], 'user-1');
});

describe('a provider without a userinfo endpoint', () => {
  const behaviour: Behaviour = {
    discovery: (document) => {
      delete document['userinfo_endpoint'];
    },
  };
  it('auto goes on', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave(behaviour);
    assert.equal((await rp.signIn()).claims.userinfo, undefined);
  });
  it('required refuses', async (t) => {
    const { op, rp } = await setUp(t, {}, { userinfo: 'required' });
    op.behave(behaviour);
    await findRefusal(rp.signIn(), 'userinfo_invalid', /no userinfo endpoint/);
  });
});

it('off asks nothing', async (t) => {
  const { op, rp } = await setUp(t, {}, { userinfo: 'off' });
  assert.equal((await rp.signIn()).claims.userinfo, undefined);
  assert.equal(op.requestsTo('userinfo').length, 0);
});
