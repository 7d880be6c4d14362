import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../src/errors.ts';
import { pickTokens } from '../../src/routes/kept-tokens.ts';

const tokens = { accessToken: 'a', refreshToken: 'r', expiresAt: 1_700_000_300, receivedAt: 1_700_000_000_000 };
const nothing = { accessToken: false, idToken: false };
const header = { accessToken: true, idToken: false };
const plan = { isRequired: false, followsToken: true };

test('a session keeps what is used, and nothing else', () => {
  assert.equal(pickTokens(tokens, nothing, undefined, 'n'), undefined);
  assert.deepEqual(pickTokens(tokens, header, undefined, 'n'), { accessToken: 'a', expiresAt: 1_700_000_300 });
  const { accessToken: _, ...withoutAccess } = tokens;
  assert.deepEqual(pickTokens(tokens, nothing, plan, 'n'), { ...withoutAccess, nonce: 'n' });
  assert.deepEqual(pickTokens(tokens, header, plan, undefined), tokens);
});

test('a provider that gives none leaves the session as it would be without', () => {
  const { refreshToken: _, ...without } = tokens;
  assert.equal(pickTokens(without, nothing, plan, 'n'), undefined);
  assert.deepEqual(pickTokens(without, header, plan, 'n'), { accessToken: 'a', expiresAt: 1_700_000_300 });
});

test('one that is required is there, and fits', () => {
  const required = { ...plan, isRequired: true };
  for (const refreshToken of ['', 'r'.repeat(4_097)]) {
    assert.throws(
      () => pickTokens({ ...tokens, refreshToken }, header, required, 'n'),
      (thrown) => thrown instanceof Refusal && thrown.code === 'refresh_token_missing' && !thrown.detail.includes('rr'),
    );
    assert.equal(pickTokens({ ...tokens, refreshToken }, header, plan, 'n')?.refreshToken, undefined);
  }
  assert.ok(pickTokens({ ...tokens, refreshToken: 'r'.repeat(4_096) }, header, required, 'n')?.refreshToken);
});
