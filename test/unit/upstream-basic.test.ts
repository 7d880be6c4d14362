import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildBasic } from '../../src/session/upstream-basic.ts';

/** What an application does (RFC 7617, section 2). */
function read(value: string): readonly [user: string, password: string] {
  const [scheme, credentials = ''] = value.split(' ');
  assert.equal(scheme, 'Basic');
  const text = Buffer.from(credentials, 'base64').toString();
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1)];
}

const text = fc.string({ unit: 'grapheme' });
const user = text.filter((value) => !value.includes(':'));

test('the example of RFC 7617', () => {
  assert.equal(buildBasic({ mode: 'user', password: 'open sesame' }, 'Aladdin'), 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
  assert.equal(buildBasic({ mode: 'fixed', user: 'test', password: '123\u00a3' }, 'x'), 'Basic dGVzdDoxMjPCow==');
});

test('property: the application reads the user and the password', () => {
  fc.assert(
    fc.property(user, text, (name, password) => {
      assert.deepEqual(read(buildBasic({ mode: 'user', password }, name)), [name, password]);
      assert.deepEqual(read(buildBasic({ mode: 'fixed', user: name, password }, 'x')), [name, password]);
    }),
  );
});

test('property: derived passwords belong to one user and one key', () => {
  const key = 'a key of thirty-two characters!!';
  const derive = (name: string, by = key): string => read(buildBasic({ mode: 'derived', key: by }, name))[1];
  assert.equal(derive('zoë'), createHmac('sha256', key).update('zoë').digest('base64url'));
  fc.assert(
    fc.property(user, user, (one, two) => {
      assert.match(derive(one), /^[A-Za-z0-9_-]{43}$/);
      assert.equal(derive(one) === derive(two), one === two);
      assert.notEqual(derive(one), derive(one, `${key}!`));
    }),
  );
});
