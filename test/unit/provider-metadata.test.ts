import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/errors.ts';
import { buildDiscoveryUrl } from '../../src/oidc/discovery.ts';
import { buildMetadata, isAllowedUrl } from '../../src/oidc/metadata.ts';

const document = {
  issuer: 'https://op.example',
  authorization_endpoint: 'https://login.example/authorize?tenant=a',
  token_endpoint: 'https://api.example/token',
  jwks_uri: 'https://keys.example/jwks',
};

function judge(changes: object, issuer: string | undefined = 'https://op.example', allowHttp = false) {
  return buildMetadata(JSON.stringify({ ...document, ...changes }), { issuer, allowHttp });
}

function refused(run: () => unknown, code: string, detail: RegExp): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof Refusal);
    assert.equal(error.code, code);
    assert.match(error.detail, detail);
    return true;
  });
}

describe('discovery document', () => {
  it('may have endpoints on other origins, and lack what is optional', () => {
    assert.deepEqual(judge({}), {
      issuer: 'https://op.example',
      authorizationEndpoint: 'https://login.example/authorize?tenant=a',
      tokenEndpoint: 'https://api.example/token',
      jwksUri: 'https://keys.example/jwks',
      sendsIss: false,
    });
  });

  it('endpoints for PAR and certificates are taken over https only, and never cost the rest', () => {
    const par = 'pushed_authorization_request_endpoint';
    const good = judge({
      [par]: 'https://api.example/par',
      require_pushed_authorization_requests: true,
      claims_parameter_supported: true,
      mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example/token', [par]: 'https://mtls.example/par' },
    });
    assert.equal(good.parEndpoint, 'https://api.example/par');
    assert.deepEqual([good.requiresPar, good.takesClaims], [true, true]);
    assert.deepEqual(good.mtlsEndpoints, {
      tokenEndpoint: 'https://mtls.example/token',
      parEndpoint: 'https://mtls.example/par',
    });
    const odd = judge({
      [par]: 'http://api.example/par',
      require_pushed_authorization_requests: 'yes',
      mtls_endpoint_aliases: { token_endpoint: 'http://mtls.example/token', userinfo_endpoint: 5 },
    });
    assert.deepEqual([odd.parEndpoint, odd.requiresPar, odd.mtlsEndpoints], [undefined, undefined, {}]);
  });

  it('jwks_uri may be missing where the secret signs', () => {
    const body = JSON.stringify({ ...document, jwks_uri: undefined });
    refused(() => buildMetadata(body, { issuer: undefined, allowHttp: false }), 'idp_unreachable', /no jwks_uri/);
    const found = buildMetadata(body, { issuer: undefined, allowHttp: false, withoutKeys: true });
    assert.equal(found.jwksUri, undefined);
  });

  it('issuers compare to the letter, and a slash is pointed at', () => {
    refused(() => judge({}, 'https://op.example/'), 'issuer_mismatch', /"https:\/\/op.example\/".*slash/);
    refused(() => judge({ issuer: 'https://op.example/' }), 'issuer_mismatch', /trailing slash/);
    refused(() => judge({ issuer: 'https://op.exampleINVALID' }), 'issuer_mismatch', /INVALID"\.$/);
    // Equal as URLs, different as strings.
    for (const issuer of [
      'https://OP.example',
      'https://op.example:443',
      'https://op.example/.',
      'https://op%2Eexample',
    ]) {
      refused(() => judge({ issuer }), 'issuer_mismatch', /configured/);
    }
  });

  it('without a configured issuer the document names it', () => {
    const metadata = buildMetadata(JSON.stringify(document), { issuer: undefined, allowHttp: false });
    assert.equal(metadata.issuer, 'https://op.example');
  });

  for (const [name, body] of Object.entries({
    HTML: '<!doctype html>',
    'an array': '[]',
    null: 'null',
    'a text': '"x"',
    nothing: '',
  })) {
    it(`refused: ${name}`, () => {
      refused(() => buildMetadata(body, { issuer: undefined, allowHttp: false }), 'idp_unreachable', /is not/);
    });
  }

  for (const name of ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri']) {
    it(`refused without ${name}`, () => {
      refused(() => judge({ [name]: undefined }), 'idp_unreachable', new RegExp(name));
    });
  }

  it('refuses endpoints that are not https URLs', () => {
    for (const url of ['javascript:alert(1)', 'http://op.example/x', 'file:///etc/passwd', 1, {}]) {
      for (const name of [
        'authorization_endpoint',
        'token_endpoint',
        'jwks_uri',
        'userinfo_endpoint',
        'end_session_endpoint',
      ]) {
        refused(() => judge({ [name]: url }), 'idp_unreachable', new RegExp(name));
      }
    }
  });

  it('http only on loopback hosts, and only where allowed', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'a.localhost']) {
      assert.equal(isAllowedUrl(`http://${host}:81/x`, true), true, host);
      assert.equal(isAllowedUrl(`http://${host}:81/x`, false), false, host);
    }
    for (const host of ['op.example', 'localhost.example', '127.0.0.1.example', '10.0.0.1', '0.0.0.0', '[::]']) {
      assert.equal(isAllowedUrl(`http://${host}/x`, true), false, host);
    }
  });

  it('property: any JSON is judged, never thrown on', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          buildMetadata(JSON.stringify(value), { issuer: 'https://op.example', allowHttp: true });
        } catch (error) {
          assert.ok(error instanceof Refusal);
        }
      }),
    );
  });

  it('is found below the issuer, whose slash counts once', () => {
    assert.equal(buildDiscoveryUrl('https://op.example'), 'https://op.example/.well-known/openid-configuration');
    assert.equal(buildDiscoveryUrl('https://op.example/a/'), 'https://op.example/a/.well-known/openid-configuration');
  });
});
