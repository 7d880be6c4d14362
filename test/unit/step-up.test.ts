import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildChallenge, isProvedEnough } from '../../src/access/step-up.ts';
import type { Session } from '../../src/session/session.ts';

const base: Session = {
  id: 'i',
  iss: 'o',
  sub: 's',
  startedAt: 1_000,
  expiresAt: 9_000,
  person: { user: 'u', roles: ['r'] },
};

test('one of the classes, to the letter', () => {
  const stepUp = { acr: ['gold', 'silver'] };
  assert.equal(isProvedEnough({ ...base, acr: 'silver' }, stepUp, 0), true);
  for (const acr of ['bronze', 'Gold', 'gold ', 'gold silver', '']) {
    assert.equal(isProvedEnough({ ...base, acr }, stepUp, 0), false, acr);
  }
  assert.equal(isProvedEnough(base, stepUp, 0), false);
});

test('the age counts from auth_time, or from the start of the session where there is none', () => {
  const stepUp = { maxAge: 600 };
  assert.equal(isProvedEnough(base, stepUp, 1_600_000), true);
  assert.equal(isProvedEnough(base, stepUp, 1_600_001), false);
  assert.equal(isProvedEnough({ ...base, authTime: 500 }, stepUp, 1_100_000), true);
  assert.equal(isProvedEnough({ ...base, authTime: 500 }, stepUp, 1_101_000), false);
});

test('a clock of the provider that is ahead makes no session younger than it is', () => {
  assert.equal(isProvedEnough({ ...base, authTime: 99_000 }, { maxAge: 600 }, 1_601_000), false);
});

test('both demands must be met', () => {
  const stepUp = { acr: ['gold'], maxAge: 600 };
  assert.equal(isProvedEnough({ ...base, acr: 'gold' }, stepUp, 1_600_000), true);
  assert.equal(isProvedEnough({ ...base, acr: 'gold' }, stepUp, 1_700_000), false);
  assert.equal(isProvedEnough({ ...base, acr: 'x' }, stepUp, 1_600_000), false);
});

test('the challenge for programs is that of RFC 9470', () => {
  assert.equal(
    buildChallenge({ acr: ['gold', 'urn:silver'], maxAge: 600 }),
    'Bearer error="insufficient_user_authentication", error_description="A more recent or a stronger sign-in is needed", acr_values="gold urn:silver", max_age="600"',
  );
  assert.match(buildChallenge({ maxAge: 5 }), /needed", max_age="5"$/);
});
