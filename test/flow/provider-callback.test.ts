import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import type { Behaviour } from '../support/provider.ts';
import { findRefusal, setUp } from '../support/relying-party.ts';

describe('callback: judged before anything is sent', () => {
  const callbacks: Record<string, { change: (parameters: URLSearchParams) => void; code: ErrorCode; detail: RegExp }> =
    {
      'another state': { change: (p) => p.set('state', 'x'), code: 'state_mismatch', detail: /state differs/ },
      'no state': { change: (p) => p.delete('state'), code: 'state_mismatch', detail: /state differs/ },
      'two codes': { change: (p) => p.append('code', 'x'), code: 'callback_malformed', detail: /repeated/ },
      'two states': {
        change: (p) => p.append('state', p.get('state') ?? ''),
        code: 'callback_malformed',
        detail: /repeated/,
      },
      'no code': { change: (p) => p.delete('code'), code: 'callback_malformed', detail: /code is missing/ },
      'an empty code': { change: (p) => p.set('code', ''), code: 'callback_malformed', detail: /code is missing/ },
      'iss of another provider': {
        change: (p) => p.set('iss', 'https://evil.example'),
        code: 'callback_malformed',
        detail: /iss is not the issuer/,
      },
      'an ID token beside the code': {
        change: (p) => p.set('id_token', 'x'),
        code: 'callback_malformed',
        detail: /another flow/,
      },
      access_denied: {
        change: (p) => replace(p, 'access_denied'),
        code: 'idp_denied',
        detail: /answered access_denied$/,
      },
      'another error': {
        change: (p) => replace(p, 'server_error'),
        code: 'idp_error',
        detail: /answered server_error$/,
      },
      'an error like an attack': {
        change: (p) => replace(p, `</pre><script>\r\n${'a'.repeat(500)}`),
        code: 'idp_error',
        detail: /answered prescripta{55}$/,
      },
    };
  for (const [name, { change, code, detail }] of Object.entries(callbacks)) {
    it(name, async (t) => {
      const { op, rp } = await setUp(t);
      await findRefusal(rp.signIn(change), code, detail);
      assert.equal(op.requestsTo('token').length, 0);
    });
  }

  const announces: Behaviour = {
    discovery: (document) => ({ ...document, authorization_response_iss_parameter_supported: true }),
  };

  it('iss is demanded when announced (RFC 9207)', async (t) => {
    const { op, rp } = await setUp(t);
    op.behave(announces);
    await findRefusal(rp.signIn(), 'callback_malformed', /iss is missing/);
    await findRefusal(
      rp.signIn((p) => replace(p, 'access_denied')),
      'callback_malformed',
      /iss is missing/,
    );
    assert.equal(op.requestsTo('token').length, 0);
    assert.equal((await rp.signIn((p) => p.set('iss', op.issuer))).sub, 'user-1');
  });

  it('iss compares to the letter', async (t) => {
    const { op, rp } = await setUp(t);
    await findRefusal(
      rp.signIn((p) => p.set('iss', `${op.issuer}/`)),
      'callback_malformed',
      /iss is not/,
    );
    assert.equal((await rp.signIn((p) => p.set('iss', op.issuer))).sub, 'user-1');
  });
});

function replace(parameters: URLSearchParams, error: string): void {
  parameters.delete('code');
  parameters.set('error', error);
  parameters.set('error_description', 'more');
}
