import type { Mutant } from './mutant.ts';

const seal = { file: 'src/session/seal.ts', tests: ['test/unit/seal.test.ts'] };
const store = { file: 'src/session/cookie-store.ts', tests: ['test/unit/cookie-store.test.ts'] };
const pack = { file: 'src/session/pack.ts', tests: ['test/unit/pack.test.ts'] };
const cookie = { file: 'src/session/session-cookie.ts', tests: ['test/unit/cookie-store.test.ts'] };
const codec = { file: 'src/session/codec.ts', tests: ['test/unit/codec.test.ts'] };
const cache = { file: 'src/session/cache.ts', tests: ['test/unit/cache.test.ts'] };

/** Sealed cookies and the sessions in them. */
export const sessionMutants: readonly Mutant[] = [
  {
    ...seal,
    name: 'seal: the tag is checked',
    find: 'Buffer.concat([decipher.update(parts.ciphertext), decipher.final()])',
    replace: 'decipher.update(parts.ciphertext)',
  },
  {
    ...seal,
    name: 'seal: the tag has 16 bytes',
    find: "createDecipheriv('aes-256-gcm', header.key, parts.iv, { authTagLength: TAG_BYTES })",
    replace: "createDecipheriv('aes-256-gcm', header.key, parts.iv)",
  },
  { ...seal, name: 'seal: bound to its purpose', find: 'use: purpose, name }', replace: 'name }' },
  { ...seal, name: 'seal: bound to the cookie name', find: 'use: purpose, name }', replace: 'use: purpose }' },
  {
    ...seal,
    name: 'seal: bound to the installation',
    find: '`${label}|${digest}`, length',
    replace: 'label, length',
  },
  {
    ...seal,
    name: 'seal: a fresh IV each time',
    find: 'const iv = options.randomBytes(IV_BYTES);',
    replace: 'const iv = Buffer.alloc(IV_BYTES);',
  },
  {
    ...seal,
    name: 'seal: the first secret seals',
    find: 'find((candidate) => candidate.context === context)',
    replace: 'findLast((candidate) => candidate.context === context)',
  },
  {
    ...seal,
    name: 'seal: one spelling per value',
    find: "bytes.toString('base64url') === segment ? bytes : undefined",
    replace: 'bytes',
  },
  { ...seal, name: 'seal: no encrypted key', find: " || encryptedKey !== ''", replace: '' },
  {
    ...seal,
    name: 'seal: bounded input',
    find: 'if (sealed.length > MAX_SEALED_LENGTH) return undefined;',
    replace: '',
  },
  {
    ...store,
    name: 'session: ended when opened',
    find: 'if (!session || now() >= session.expiresAt * 1000) return undefined;',
    replace: 'if (!session) return undefined;',
  },
  {
    ...store,
    name: 'session: ended when found in the cache',
    find: 'cache.save(sealed, opened, session.expiresAt * 1000);',
    replace: 'cache.save(sealed, opened, Number.POSITIVE_INFINITY);',
  },
  { ...cache, name: 'cache: entries end', find: 'if (now() < entry.until) return', replace: 'if (true) return' },
  {
    ...cache,
    name: 'cache: the whole key counts, not its end',
    find: 'entry === undefined || entry.key !== key',
    replace: 'entry === undefined',
  },
  {
    ...cache,
    name: 'cache: bounded age',
    find: 'Math.min(until, now() + maxAgeMs)',
    replace: 'until',
  },
  {
    ...cache,
    name: 'cache: bounded entries',
    find: '{ max: options.maxEntries }',
    replace: '{ max: options.maxEntries * 2 }',
  },
  {
    ...store,
    name: 'session: four chunks at most',
    find: 'count >= 2 && count <= MAX_CHUNKS ? count : 0',
    replace: 'count',
  },
  {
    ...pack,
    name: 'session: tokens are never packed',
    find: 'if (hasSecrets || plain.length',
    replace: 'if (plain.length',
  },
  {
    ...pack,
    name: 'session: an ID token is never packed',
    find: ' || session.idToken !== undefined',
    replace: '',
  },
  {
    ...pack,
    name: 'session: what unpacks to too much is none',
    find: '{ maxOutputLength: longest }',
    replace: '{}',
  },
  {
    ...store,
    name: 'session: too large for a browser',
    find: 'if (count > MAX_CHUNKS) {',
    replace: 'if (false) {',
  },
  {
    ...store,
    name: 'session: planted cookies hide nothing',
    find: 'i < candidates.length && i < MAX_CANDIDATES',
    replace: 'i < candidates.length && i < 1',
  },
  {
    ...store,
    name: 'session: planted cookies cost little',
    find: 'i < candidates.length && i < MAX_CANDIDATES && budget > 0',
    replace: 'i < candidates.length',
  },
  { ...store, name: 'session: planted chunks cost little', find: '.slice(0, budget)', replace: '' },
  {
    ...cookie,
    name: 'session: bound to the host',
    find: "`${domain === undefined ? '__Host-' : '__Secure-'}${name}`",
    replace: 'name',
  },
  { ...cookie, name: 'session: hidden from scripts', find: 'httpOnly: true, ', replace: '' },
  { ...cookie, name: 'session: not sent by other sites', find: "sameSite = 'lax'", replace: "sameSite = 'none'" },
  {
    ...cookie,
    name: 'session: only over https',
    find: 'httpOnly: true, secure, sameSite',
    replace: 'httpOnly: true, sameSite',
  },
  {
    ...store,
    name: 'session: every chunk is our own cookie',
    find: 'name === base || (name.startsWith(base) && names.includes(name))',
    replace: 'name === base',
  },
  { ...codec, name: 'session: version', find: " || value['v'] !== VERSION", replace: '' },
  {
    ...codec,
    name: 'session: without a user only with a problem',
    find: 'if (problem === undefined && (x !== undefined || user === undefined)) return undefined;',
    replace: 'if (problem === undefined && x !== undefined) return undefined;',
  },
  {
    ...codec,
    name: 'session: an unknown problem is no session',
    find: 'if (problem === undefined && (x !== undefined || user === undefined)) return undefined;',
    replace: 'if (problem === undefined && user === undefined) return undefined;',
  },
  {
    ...codec,
    name: 'session: times are times',
    find: 'if (!isTime(startedAt) || !isTime(expiresAt) || (authTime !== undefined && !isTime(authTime))) return undefined;',
    replace: '',
  },
  {
    ...codec,
    name: 'session: an ID token is a text',
    find: 'if (j !== undefined && !isText(j)) return undefined;',
    replace: '',
  },
  {
    ...codec,
    name: 'session: tokens are tokens',
    find: 'if (k !== undefined && tokens === undefined) return undefined;',
    replace: '',
  },
  {
    ...codec,
    name: 'session: unknown members',
    find: 'return Object.keys(value).every((key) => key.length === 1 && known.includes(key));',
    replace: 'return true;',
  },
  {
    ...store,
    name: 'Set-Cookie: values cannot add attributes',
    file: 'src/http/cookies.ts',
    find: 'return fastifyCookie.serialize(name, value, attributes);',
    replace: 'return fastifyCookie.serialize(name, value, { ...attributes, encode: (text: string) => text });',
    tests: ['test/unit/cookies.test.ts'],
  },
];
