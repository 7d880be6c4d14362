import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { encodeSession } from '../../src/session/codec.ts';
import { packSession, unpackSession } from '../../src/session/pack.ts';
import type { Session } from '../../src/session/session.ts';

const roles = Array.from({ length: 500 }, (_, i) => `role-${i}`);

function buildSession(options: Partial<Session> & { readonly roles?: readonly string[] } = {}): Session {
  const { roles: held = roles, ...own } = options;
  const person = { user: 'zoe', roles: held };
  return { id: 'id', iss: 'https://i', sub: 's', startedAt: 1, expiresAt: 2, person, ...own };
}

const pack = (bytes: Buffer): Buffer => Buffer.concat([Buffer.of(1), brotliCompressSync(bytes)]);
const isPacked = (bytes: Buffer): boolean => bytes[0] !== '{'.charCodeAt(0);

test('property: a session of any length comes back as it was', () => {
  const list = fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 400, size: 'max' });
  fc.assert(
    fc.property(list, fc.boolean(), (held, hasToken) => {
      const session = buildSession({ roles: held, ...(hasToken && { tokens: { accessToken: 'a'.repeat(3_000) } }) });
      assert.deepEqual(unpackSession(packSession(session)), session);
    }),
  );
});

test('many roles take an eighth of their length, a few stay as they are', () => {
  const bytes = packSession(buildSession());
  assert.ok(isPacked(bytes));
  assert.ok(bytes.length < encodeSession(buildSession()).length / 8, `${bytes.length}`);
  const small = buildSession({ roles: ['admin'] });
  assert.deepEqual(packSession(small), encodeSession(small));
});

test('tokens are never packed together with what others can choose', () => {
  for (const secret of [{ tokens: { refreshToken: 'r' } }, { tokens: { accessToken: 'a' } }, { idToken: 'i' }]) {
    const session = buildSession(secret);
    assert.deepEqual(packSession(session), encodeSession(session));
  }
});

test('what cannot be unpacked, unpacks to too much or to something else is no session', () => {
  const whole = packSession(buildSession());
  assert.ok(unpackSession(whole));
  const padded = Buffer.concat([encodeSession(buildSession()), Buffer.alloc(200_000, ' ')]);
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.of(1),
    whole.subarray(0, -20),
    whole.subarray(1),
    pack(padded),
    pack(Buffer.from('{"v":1}')),
    pack(whole),
  ]) {
    assert.equal(unpackSession(bytes), undefined);
  }
  const huge = buildSession({ roles: Array.from({ length: 20_000 }, () => 'the same role') });
  assert.deepEqual(packSession(huge), encodeSession(huge));
});
