import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  buildFallbackEmail,
  compileDomains,
  findDomain,
  findEmailDomain,
  isListedDomain,
  isVerifiedEmail,
} from '../../src/access/email.ts';

const domains = compileDomains(['example.com', '*.example.org', 'Bücher.example']);
const isLetIn = (address: string): boolean => isListedDomain(findEmailDomain(address), domains);

test('the domain is what stands behind the last "@", in lower case', () => {
  const addresses = [
    'anna@example.com',
    'ANNA@EXAMPLE.COM',
    'a.b+c@example.com',
    'a..b@example.com',
    'zoë@example.com',
    '"a@b"@example.com',
    '"a\\"@b"@example.com',
    'anna@mail.example.org',
    'anna@a.b.example.org',
    'anna@bücher.example',
    'anna@BÜCHER.example',
    'anna@xn--bcher-kva.example',
  ];
  for (const address of addresses) assert.equal(isLetIn(address), true, address);
});

test('other domains, whatever they look like, are not let in', () => {
  const addresses = [
    'anna@evil-example.com',
    'anna@example.com.evil',
    'anna@example.com.',
    'anna@.example.com',
    'anna@sub.example.com',
    'anna@example.org',
    'anna@.example.org',
    'anna@evilexample.org',
    'anna@com',
    'anna@ｅxample.com',
    'anna@exa\u00admple.com',
    'anna@exam\u200dple.com',
    'anna@example。com',
    'anna@example.c\u043em',
    'anna@bucher.example',
    'anna@example.com/x',
    'anna@example.com:25',
    'anna@example.com?x',
    'anna@[example.com]',
    'anna@example.com>',
    'anna@example%2Ecom',
    'anna@example.com\\',
    'anna@_.example.org',
    'anna@-.example.org',
    'anna@*.example.org',
  ];
  for (const address of addresses) assert.equal(isLetIn(address), false, address);
});

test('a domain is labels and dots, and nothing that an address of a page may hold', () => {
  for (const name of [
    'u@bücher.example',
    'u:p@bücher.example',
    'bücher.example/',
    'http://bücher.example',
    'bücher',
    '',
    '.',
  ]) {
    assert.equal(findDomain(name), name === 'bücher' ? 'xn--bcher-kva' : undefined, name);
  }
});

test('what is no single address is not let in', () => {
  const addresses = [
    '',
    'example.com',
    '@example.com',
    'user@a@example.com',
    'user@evil.example,anna@example.com',
    'user@evil.example;anna@example.com',
    'anna @example.com',
    'anna@example.com ',
    ' anna@example.com',
    'anna@ example.com',
    'anna\t@example.com',
    'anna\u00a0b@example.com',
    'anna\n@example.com',
    'anna\0@example.com',
    'an\u202ena@example.com',
    '"@example.com',
    '""@example.com',
    '"a"b@x"@example.com',
    'a"b@c"@example.com',
    '"a b"@example.com',
    '"user@evil.example"x@example.com',
    '<anna@example.com',
    'Anna <anna@example.com>',
    'anna(x)@example.com',
    'a:b@example.com',
    'a\\b@example.com',
    'anna@',
    'anna@example.com@',
  ];
  for (const address of addresses) assert.equal(isLetIn(address), false, JSON.stringify(address));
});

test('a list with something that is no domain is refused', () => {
  for (const entry of ['', '*', '*.', '*.*.com', '@example.com', 'anna@example.com', 'a b', 'ex*.com', 'ｅ.com']) {
    assert.throws(() => compileDomains(['example.com', entry]), entry);
  }
});

const label = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));

test('property: no domain outside the list is ever let in, and every one in it is', () => {
  const entries = fc.array(fc.tuple(fc.boolean(), name), { minLength: 1, maxLength: 4 });
  const anything = fc.oneof(name, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(entries, anything, fc.nat(), anything, (listed, before, pick, between) => {
      const list = compileDomains(listed.map(([isBelow, entry]) => (isBelow ? `*.${entry}` : entry)));
      const [, near = ''] = listed[pick % listed.length] ?? [];
      for (const domain of [between, `${between}${near}`, `${between}.${near}`, `${near}.${between}`, near]) {
        const address = `${before}@${domain}`;
        if (!isListedDomain(findEmailDomain(address), list)) continue;
        const found = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
        // Letters outside ASCII never become one of these names.
        assert.ok(
          listed.some(([isBelow, entry]) => {
            const wanted = entry.toLowerCase();
            return isBelow ? found.endsWith(`.${wanted}`) && found.length > wanted.length + 1 : found === wanted;
          }),
          address,
        );
      }
      for (const [isBelow, entry] of listed) {
        assert.ok(isListedDomain(findEmailDomain(`anna@${isBelow ? 'sub.' : ''}${entry}`), list), entry);
      }
    }),
    { numRuns: 1000 },
  );
});

test('property: a domain found is found again as it is', () => {
  fc.assert(
    fc.property(fc.oneof(name, fc.string({ unit: 'grapheme' })), (text) => {
      const found = findDomain(text);
      if (found !== undefined) assert.equal(findDomain(found), found);
    }),
  );
});

test('an address is verified by the source that holds it', () => {
  const email = 'anna@example.com';
  const other = 'other@example.com';
  const yes = { email, email_verified: true };
  const no = { email, email_verified: false };
  assert.equal(isVerifiedEmail({ idToken: yes }, email), true);
  assert.equal(isVerifiedEmail({ userinfo: { email, email_verified: 'true' } }, email), true);
  assert.equal(isVerifiedEmail({ idToken: { email }, userinfo: yes }, email), true);
  for (const value of [undefined, null, false, 'false', 'TRUE', 'yes', '', 1, [true], {}]) {
    assert.equal(isVerifiedEmail({ idToken: { email, email_verified: value } }, email), false, JSON.stringify(value));
  }
  assert.equal(isVerifiedEmail({ idToken: yes, userinfo: no }, email), false);
  assert.equal(isVerifiedEmail({ idToken: yes, userinfo: { email, email_verified: 'false' } }, email), false);
  assert.equal(isVerifiedEmail({ idToken: { email: other, email_verified: true }, userinfo: { email } }, email), false);
  assert.equal(isVerifiedEmail({ idToken: { email_verified: true }, userinfo: { email } }, email), false);
  assert.equal(isVerifiedEmail({ idToken: { upn: email, email: other, email_verified: true } }, email), false);
});

const make = (user: string): string => buildFallbackEmail('x-{user}.{sub}@users.invalid', { sub: 's', user });

test('a value in a made address stays in front of its "@"', () => {
  assert.equal(make('Anna.B_-~9'), 'x-Anna.B_-~9.s@users.invalid');
  assert.equal(make('a@b c="ë{sub}$&'), 'x-a=40b=20c=3D=22=C3=AB=7Bsub=7D=24=26.s@users.invalid');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), (one, two) => {
      assert.equal(findEmailDomain(make(one)), 'users.invalid');
      if (one !== two) assert.notEqual(make(one), make(two));
    }),
  );
});
