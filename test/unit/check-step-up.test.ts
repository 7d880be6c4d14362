import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoginAttempt } from '../../src/oidc/login-state.ts';
import { checkStepUp } from '../../src/routes/step-up.ts';
import type { Session } from '../../src/session/session.ts';

const now = 1_700_000_000_000;
const seconds = now / 1_000;
const session = { id: 's', iss: 'https://id', sub: 'anna', startedAt: seconds, expiresAt: seconds + 60 } as Session;
const subject = { iss: 'https://id', sub: 'anna' };
const check = (known: Partial<Session>, attempt: Partial<LoginAttempt>): void =>
  checkStepUp({ ...session, ...known }, attempt as LoginAttempt, now);

test('who was asked to prove more and did not is refused, and not asked again', () => {
  const unproved: readonly (readonly [Partial<Session>, Partial<LoginAttempt>])[] = [
    [{}, { acrValues: 'mfa' }],
    [{ acr: 'pwd' }, { acrValues: 'mfa hardware' }],
    [{ authTime: seconds - 120 }, { maxAge: 60 }],
    [
      { acr: 'mfa', authTime: seconds - 120 },
      { acrValues: 'mfa', maxAge: 60 },
    ],
  ];
  for (const [known, attempt] of unproved) {
    assert.throws(() => check(known, { subject, ...attempt }), { code: 'step_up_failed' });
    // A first sign-in is judged by the rules alone.
    check(known, attempt);
  }
});

test('who proved it passes', () => {
  check({ acr: 'mfa' }, { subject, acrValues: 'hardware mfa' });
  check({ authTime: seconds - 10 }, { subject, maxAge: 60 });
  check({}, { subject });
});
