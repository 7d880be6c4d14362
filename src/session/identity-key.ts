import { createHash, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** One key of the ring that signs identities. */
export interface IdentityKey {
  readonly alg: 'ES256' | 'EdDSA';
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** Public members only. */
  readonly jwk: Readonly<Record<string, string>>;
}

/** RFC 7638: the thumbprint of the required members, in this order and without white space. */
function buildThumbprint({ crv, kty, x, y }: Readonly<Record<string, unknown>>): string {
  const members = JSON.stringify({ crv, kty, x, ...(y === undefined ? {} : { y }) });
  return createHash('sha256').update(members).digest('base64url');
}

function findAlgorithm({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): IdentityKey['alg'] {
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  throw new Error('holds a key that is neither EC P-256 nor Ed25519');
}

function buildKey(privateKey: KeyObject): IdentityKey {
  const alg = findAlgorithm(privateKey);
  // Of the public half: the private member `d` is not in it.
  const { kty = '', crv = '', x = '', y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const kid = buildThumbprint({ kty, crv, x, y });
  const members = { kty, crv, x, ...(y === undefined ? {} : { y }) };
  return { alg, kid, privateKey, jwk: { ...members, kid, alg, use: 'sig' } };
}

function listJwks(text: string): readonly KeyObject[] {
  const document = JSON.parse(text) as { readonly keys?: unknown };
  const keys: unknown = Array.isArray(document) ? document : (document.keys ?? [document]);
  if (!Array.isArray(keys)) throw new TypeError('keys is no list');
  return keys.map((key) => createPrivateKey({ key: key as JsonWebKey, format: 'jwk' }));
}

function listPems(text: string): readonly KeyObject[] {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[^]+?-----END \1-----/g) ?? [];
  return blocks.filter((block) => !block.includes('EC PARAMETERS')).map((block) => createPrivateKey(block));
}

/** The key ring in PEM or JWK form, the signing key first. Throws Error with what is wrong, without any of the text. */
export function buildIdentityKeys(text: string): readonly IdentityKey[] {
  let found: readonly KeyObject[];
  try {
    found = /^\s*[[{]/.test(text) ? listJwks(text) : listPems(text);
  } catch {
    throw new Error('holds a private key that cannot be read; write PEM (PKCS #8, without a passphrase) or JWK');
  }
  if (found.length === 0) throw new Error('holds no private key in PEM or JWK form');
  const keys = found.map(buildKey);
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new Error('holds the same key twice');
  return keys;
}
