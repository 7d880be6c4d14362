import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildSessionTokens } from '../../src/oidc/session-tokens.ts';
import { decodeSession, encodeSession } from '../../src/session/codec.ts';

const NOW = 1_700_000_000_500;

function find(expiresIn: unknown): number | undefined {
  return buildSessionTokens({ accessToken: 'at', expiresIn }, NOW).expiresAt;
}

test('a number of seconds counts from now; whatever is none counts as absent', () => {
  assert.equal(find(60), 1_700_000_060);
  assert.equal(find('60'), 1_700_000_060);
  assert.equal(find(1.7), 1_700_000_002);
  assert.equal(find(0), 1_700_000_000);
  assert.equal(find(-5), 1_700_000_000);
  for (const odd of [undefined, null, true, '', '1e3', '-1', [60], {}, 1e300, Number.MAX_SAFE_INTEGER]) {
    assert.equal(find(odd), undefined, JSON.stringify(odd));
  }
});

test('property: whatever the provider says, the session that keeps the token can be opened again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.double(), fc.maxSafeInteger()), (expiresIn) => {
      const tokens = buildSessionTokens({ accessToken: 'at', expiresIn }, NOW);
      const person = { user: 'u', roles: ['r'] };
      const session = { id: 'i', iss: 'o', sub: 's', startedAt: 0, expiresAt: 1, tokens, person };
      assert.deepEqual(decodeSession(encodeSession(session)), session);
    }),
  );
});
