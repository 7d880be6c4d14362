import assert from 'node:assert/strict';
import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { compactDecrypt } from 'jose';
import { createSealer, type Purpose, type Sealer } from '../../src/session/seal.ts';

const OLD = 'old secret, old secret, old secret';
const NEW = 'new secret, new secret, new secret';
const CONTEXT = 'https://issuer.example|client';

function build(secrets: readonly string[] = [NEW], context: string = CONTEXT): Sealer {
  return createSealer({ secrets, context, randomBytes });
}

function encode(bytes: Buffer | string): string {
  return Buffer.from(bytes).toString('base64url');
}

test('opens what it sealed, whatever the bytes', () => {
  const sealer = build();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.string({ unit: 'binary' }), (bytes, name) => {
      const sealed = sealer.seal('session', name, Buffer.from(bytes));
      assert.match(sealed, /^[\w-]+\.\.[\w-]{16}\.[\w-]*\.[\w-]{22}$/);
      assert.deepEqual(sealer.open('session', name, sealed), Buffer.from(bytes));
    }),
  );
});

test('a sealed value is a JWE that jose opens with the derived key', async () => {
  const sealed = build().seal('login', 'cg-login.abc', Buffer.from('text'));
  const digest = createHash('sha256').update(CONTEXT).digest('base64url');
  const key = new Uint8Array(hkdfSync('sha256', NEW, 'claimgate/seal/1', `A256GCM key|${digest}`, 32));
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, key);
  assert.equal(Buffer.from(plaintext).toString(), 'text');
  const kid = Buffer.from(hkdfSync('sha256', NEW, 'claimgate/seal/1', `key id|${digest}`, 8)).toString('base64url');
  assert.deepEqual({ ...protectedHeader }, { alg: 'dir', enc: 'A256GCM', kid, use: 'login', name: 'cg-login.abc' });
});

test('the same plaintext is never sealed alike: the IV is fresh, 96 random bits', () => {
  const asked: number[] = [];
  const ivs: string[] = [];
  const sealer = createSealer({
    secrets: [NEW],
    context: CONTEXT,
    randomBytes: (n) => {
      asked.push(n);
      return randomBytes(n);
    },
  });
  for (let i = 0; i < 20; i += 1) ivs.push(sealer.seal('session', 'cg', Buffer.from('x')).split('.')[2] ?? '');
  assert.deepEqual(
    asked,
    Array.from({ length: 20 }, () => 12),
  );
  assert.equal(new Set(ivs).size, 20);
});

test('purpose and cookie name are bound: a value moved elsewhere does not open', () => {
  const sealer = build();
  const purposes: readonly Purpose[] = ['session', 'login', 'hint'];
  const places = purposes.flatMap((purpose) => ['cg', 'cg.1', 'other'].map((name) => ({ purpose, name })));
  for (const from of places) {
    const sealed = sealer.seal(from.purpose, from.name, Buffer.from('x'));
    for (const to of places) {
      assert.equal(sealer.open(to.purpose, to.name, sealed)?.toString(), from === to ? 'x' : undefined);
    }
  }
});

test('the header is authenticated: another header over the same ciphertext does not open', () => {
  const sealer = build();
  const sealed = sealer.seal('login', 'cg', Buffer.from('x'));
  const header = sealer.seal('session', 'cg', Buffer.from('y')).split('.')[0] ?? '';
  assert.equal(sealer.open('session', 'cg', sealed.replace(/^[^.]+/, header)), undefined);
});

test('another installation, with the same secret, does not open it', () => {
  const sealed = build([NEW], 'https://issuer.example|one').seal('session', 'cg', Buffer.from('x'));
  assert.equal(build([NEW], 'https://issuer.example|two').open('session', 'cg', sealed), undefined);
  const long = `${'c'.repeat(5000)}|`;
  const sealedLong = build([NEW], `${long}1`).seal('session', 'cg', Buffer.from('x'));
  assert.equal(build([NEW], `${long}2`).open('session', 'cg', sealedLong), undefined);
  assert.equal(build([NEW], `${long}1`).open('session', 'cg', sealedLong)?.toString(), 'x');
});

test('rotation: the first secret seals, every one in the ring opens, and one that left it does not', () => {
  const before = build([OLD]).seal('session', 'cg', Buffer.from('x'));
  const during = build([NEW, OLD]).seal('session', 'cg', Buffer.from('y'));
  assert.equal(build([NEW, OLD]).open('session', 'cg', before)?.toString(), 'x');
  assert.equal(build([NEW]).open('session', 'cg', during)?.toString(), 'y');
  assert.equal(build([OLD]).open('session', 'cg', during), undefined);
  assert.equal(build([NEW]).open('session', 'cg', before), undefined);
  assert.throws(() => build([]), RangeError);
});

test('property: any change of a sealed value makes it worthless', () => {
  const sealer = build();
  const sealed = sealer.seal('session', 'cg', Buffer.from('some plaintext'));
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'z', '_', '.', '=', '/', ' ', 'é', ''), (at, put) => {
      const changed = sealed.slice(0, at) + put + sealed.slice(at + 1);
      if (changed !== sealed) assert.equal(sealer.open('session', 'cg', changed), undefined);
    }),
    { numRuns: 500 },
  );
});

test('property: open never throws', () => {
  const sealer = build();
  const header = sealer.seal('session', 'cg', Buffer.from('x')).split('.')[0] ?? '';
  const segment = fc.oneof(
    fc.constantFrom('', header, encode('0123456789ab'), encode('0123456789abcdef')),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 8 }), (segments) => {
      assert.equal(sealer.open('session', 'cg', segments.join('.')), undefined);
    }),
  );
});

test('the form is exact: five segments, no key, canonical base64url, full IV and tag', () => {
  const sealer = build();
  const sealed = sealer.seal('session', 'cg', Buffer.from('x'));
  const [header, , iv, text, tag] = sealed.split('.') as [string, string, string, string, string];
  assert.equal(sealer.open('session', 'cg', `${header}..${iv}.${text}.${tag}`)?.toString(), 'x');
  // 'x' is one byte: its last character holds four bits that decoding ignores.
  const twin = text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
  assert.equal(Buffer.from(twin, 'base64url').equals(Buffer.from(text, 'base64url')), true);
  const table = [
    `${sealed}.`,
    `${sealed}.extra`,
    `${header}.${iv}.${text}.${tag}`,
    `${header}.AA.${iv}.${text}.${tag}`,
    `${header}..${iv}.${twin}.${tag}`,
    `${header}..${iv}=.${text}.${tag}`,
    `${header}..${iv}.${text}.${encode(Buffer.from(tag, 'base64url').subarray(0, 12))}`,
    `${header}..${iv}.${text}.`,
    `${header}...${text}.${tag}`,
  ];
  for (const value of table) assert.equal(sealer.open('session', 'cg', value), undefined, value);
});

test('a value beyond 64 KiB is not looked at', () => {
  const sealer = build();
  assert.equal(sealer.open('session', 'cg', sealer.seal('session', 'cg', Buffer.alloc(49_200)))?.length, undefined);
  assert.equal(sealer.open('session', 'cg', sealer.seal('session', 'cg', Buffer.alloc(48_000)))?.length, 48_000);
});

test('names without number, as clients may send them, do not disturb what was sealed', () => {
  const sealer = build();
  const sealed = sealer.seal('login', 'cg-login.mine', Buffer.from('x'));
  for (let i = 0; i < 500; i += 1) assert.equal(sealer.open('login', `cg-login.${i}`, sealed), undefined);
  assert.equal(sealer.open('login', 'cg-login.mine', sealed)?.toString(), 'x');
});
