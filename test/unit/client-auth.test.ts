import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/errors.ts';
import { buildClientAuth, findAuthMethod, warnAuthMethod } from '../../src/oidc/client-auth.ts';

const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const;
const announced = fc.option(fc.subarray([...methods, 'private_key_jwt', 'tls_client_auth']), { nil: undefined });

/** Id and secret as they stand in the header. */
function askBasic(clientId: string, secret: string): string {
  const headers = new Headers();
  const authenticate = buildClientAuth('client_secret_basic', secret);
  authenticate({ issuer: 'https://id.example.com' }, { client_id: clientId }, new URLSearchParams(), headers);
  return atob(headers.get('authorization')?.slice('Basic '.length) ?? '');
}

describe('client authentication method', () => {
  it('basic where nothing is announced', () => {
    assert.equal(findAuthMethod('auto', undefined, true), 'client_secret_basic');
  });

  it('basic before post', () => {
    assert.equal(findAuthMethod('auto', ['client_secret_post', 'client_secret_basic'], true), 'client_secret_basic');
  });

  it('post where basic is not announced', () => {
    assert.equal(findAuthMethod('auto', ['private_key_jwt', 'client_secret_post'], true), 'client_secret_post');
  });

  it('basic where neither is announced', () => {
    assert.equal(findAuthMethod('auto', ['private_key_jwt'], true), 'client_secret_basic');
  });

  it('property: without a secret auto is none; what is configured always wins; with a secret auto always uses it', () => {
    fc.assert(fc.property(announced, (list) => findAuthMethod('auto', list, false) === 'none'));
    fc.assert(fc.property(announced, (list) => findAuthMethod('auto', list, true) !== 'none'));
    fc.assert(
      fc.property(announced, fc.constantFrom(...methods), fc.boolean(), (list, method, hasSecret) => {
        assert.equal(findAuthMethod(method, list, hasSecret), method);
      }),
    );
  });

  it('property: warns exactly when the method is missing from an announced list', () => {
    fc.assert(
      fc.property(announced, fc.constantFrom(...methods), (list, method) => {
        const events: string[] = [];
        warnAuthMethod(method, list, (_level, event) => events.push(event));
        assert.equal(events.length, list === undefined || list.includes(method) ? 0 : 1);
      }),
    );
  });

  it('basic: id and secret are form-encoded, and what needs no encoding gets none', () => {
    assert.equal(askBasic('legacy-app_1.x', 'a-secret_of.tests'), 'legacy-app_1.x:a-secret_of.tests');
    assert.equal(askBasic('a:b', 'x+y z%ä='), 'a%3Ab:x%2By+z%25%C3%A4%3D');
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (clientId, secret) => {
        const parts = askBasic(clientId, secret).split(':');
        assert.deepEqual(
          parts.map((part) => new URLSearchParams(`v=${part}`).get('v')),
          [clientId.toWellFormed(), secret.toWellFormed()],
        );
      }),
    );
  });

  it('a configured method that needs a secret is refused without one', () => {
    for (const method of ['client_secret_basic', 'client_secret_post'] as const) {
      for (const secret of [undefined, '']) {
        assert.throws(
          () => buildClientAuth(method, secret),
          (e) => e instanceof Refusal && e.code === 'client_auth_failed',
        );
      }
    }
  });
});
