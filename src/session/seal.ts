import { createCipheriv, createDecipheriv, createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** What a sealed value is for; a value sealed for one purpose never opens for another. */
export type Purpose = 'session' | 'login' | 'hint' | 'ticket' | 'record' | 'form';

export interface Sealer {
  /** A compact JWE (RFC 7516), `dir` with A256GCM, bound to the purpose, the cookie name and the context of the provider. */
  seal(purpose: Purpose, name: string, plaintext: Buffer, provider?: string): string;
  /** The plaintext, or undefined for anything not sealed here for this purpose and name. Never throws. */
  open(purpose: Purpose, name: string, sealed: string): Buffer | undefined;
  /** Runs after every change of the key ring: what was remembered of opened values counts no more. */
  whenReplaced(run: () => void): void;
}

/** A sealer whose key ring can be replaced while it is in use. */
export interface RingSealer extends Sealer {
  /** What was sealed with a secret that is not in the new ring opens no more. RangeError for an empty ring, which changes nothing. */
  replaceSecrets(secrets: readonly string[]): void;
}

interface SealerOptions {
  /** Key ring: the first secret seals, all of them open. At least 32 bytes each, checked by the configuration. */
  readonly secrets: readonly string[];
  /** What this installation is, for example issuer and client id: two contexts never open each other's values. */
  readonly context: string;
  /** Contexts by provider id, where there are several: each seals with its own, so that the values of a provider end with it. */
  readonly providers?: ReadonlyMap<string, string>;
  readonly randomBytes: (n: number) => Buffer;
}

interface Key {
  readonly context: string;
  readonly secret: KeyObject;
  readonly id: string;
}

interface KeyedHeader {
  readonly context: string;
  /** First segment of the JWE, which is its additional authenticated data as well (RFC 7516, section 5.1, step 14). */
  readonly segment: string;
  readonly aad: Buffer;
  readonly key: KeyObject;
}

const MAX_SEALED_LENGTH = 64 * 1024;
const MAX_REMEMBERED_HEADERS = 64;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** RFC 5869. The context is hashed first because HKDF in node:crypto takes at most 1,024 bytes of info. */
function deriveKey(secret: string, context: string): Key {
  const digest = createHash('sha256').update(context).digest('base64url');
  const derive = (label: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, 'claimgate/seal/1', `${label}|${digest}`, length));
  // With the bytes themselves node:crypto takes four times as long for each value.
  const secretKey = createSecretKey(derive('A256GCM key', 32));
  return { context, secret: secretKey, id: derive('key id', 8).toString('base64url') };
}

function buildHeader(key: Key, purpose: Purpose, name: string): KeyedHeader {
  const header = JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: key.id, use: purpose, name });
  const segment = Buffer.from(header).toString('base64url');
  return { context: key.context, segment, aad: Buffer.from(segment, 'ascii'), key: key.secret };
}

/** Strict base64url: one spelling per value (RFC 7515, section 2 and RFC 4648, section 3.5). */
function decodeStrict(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : undefined;
}

/** The parts of a compact JWE with an empty encrypted key, as `dir` demands (RFC 7518, section 4.5). */
function findParts(sealed: string): { header: string; iv: Buffer; ciphertext: Buffer; tag: Buffer } | undefined {
  if (sealed.length > MAX_SEALED_LENGTH) return undefined;
  const [header, encryptedKey, iv, ciphertext, tag, ...more] = sealed.split('.', 6);
  if (header === undefined || encryptedKey !== '' || more.length > 0) return undefined;
  if (iv === undefined || ciphertext === undefined || tag === undefined) return undefined;
  const bytes = { iv: decodeStrict(iv), ciphertext: decodeStrict(ciphertext), tag: decodeStrict(tag) };
  if (!bytes.iv || !bytes.ciphertext || !bytes.tag) return undefined;
  return { header, iv: bytes.iv, ciphertext: bytes.ciphertext, tag: bytes.tag };
}

/** Throws RangeError for an empty key ring. */
export function createSealer(options: SealerOptions): RingSealer {
  const contexts = [...new Set([options.context, ...(options.providers?.values() ?? [])])];
  let keys = deriveKeys(options.secrets);
  const listeners: (() => void)[] = [];
  const remembered = new Map<string, readonly KeyedHeader[]>();

  function deriveKeys(secrets: readonly string[]): readonly Key[] {
    if (secrets.length === 0) throw new RangeError('a sealer needs at least one secret');
    return contexts.flatMap((context) => secrets.map((secret) => deriveKey(secret, context)));
  }

  /** The headers this purpose and name may carry, the sealing key first. Bounded: clients choose some of the names. */
  function findHeaders(purpose: Purpose, name: string): readonly KeyedHeader[] {
    const slot = `${purpose} ${name}`;
    const known = remembered.get(slot);
    if (known) return known;
    const headers = keys.map((key) => buildHeader(key, purpose, name));
    if (remembered.size >= MAX_REMEMBERED_HEADERS) remembered.clear();
    remembered.set(slot, headers);
    return headers;
  }

  return {
    seal(purpose, name, plaintext, provider = '') {
      const context = options.providers?.get(provider) ?? options.context;
      const header = findHeaders(purpose, name).find((candidate) => candidate.context === context);
      if (!header) throw new RangeError('a sealer needs at least one secret');
      const iv = options.randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', header.key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(header.aad);
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      const parts = [iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'));
      return `${header.segment}..${parts.join('.')}`;
    },

    open(purpose, name, sealed) {
      const parts = findParts(sealed);
      const header = parts && findHeaders(purpose, name).find((candidate) => candidate.segment === parts.header);
      if (!header) return undefined;
      try {
        // NIST SP 800-38D, section 5.2.1.2: a shorter tag is easier to forge; authTagLength refuses every other length.
        const decipher = createDecipheriv('aes-256-gcm', header.key, parts.iv, { authTagLength: TAG_BYTES });
        decipher.setAAD(header.aad);
        decipher.setAuthTag(parts.tag);
        return Buffer.concat([decipher.update(parts.ciphertext), decipher.final()]);
      } catch {
        return undefined;
      }
    },

    whenReplaced: (run) => void listeners.push(run),

    replaceSecrets(secrets) {
      keys = deriveKeys(secrets);
      remembered.clear();
      for (const run of listeners) run();
    },
  };
}
