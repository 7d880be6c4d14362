import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A private key of ours; id and algorithm as its JWK says them. */
export interface PrivateKey {
  readonly key: KeyObject;
  readonly kid?: string;
  readonly alg?: string;
}

/** A private key with which we sign, and how. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly kid?: string;
  readonly alg: string;
}

const LEAST_RSA_BITS = 2048;
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/** Reads PEM or a JWK. Throws Error whose message says what is wrong and holds nothing of the key. */
export function parsePrivateKey(text: string): PrivateKey {
  const parsed = text.trimStart().startsWith('{') ? parseJwk(text) : { key: parsePem(text) };
  const bits = parsed.key.asymmetricKeyDetails?.modulusLength;
  // RFC 7518, sections 3.3 and 4.3: 2048 bits or more.
  if (bits !== undefined && bits < LEAST_RSA_BITS) {
    throw new Error(`holds an RSA key of ${bits} bits; it must have ${LEAST_RSA_BITS} or more`);
  }
  return parsed;
}

function parsePem(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw new Error('holds neither a private key in PEM, without a passphrase, nor a JWK');
  }
}

function parseJwk(text: string): PrivateKey {
  try {
    const jwk = JSON.parse(text) as JsonWebKey;
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    const { kid, alg } = jwk;
    return {
      key,
      ...(typeof kid === 'string' && kid !== '' ? { kid } : {}),
      ...(typeof alg === 'string' ? { alg } : {}),
    };
  } catch {
    throw new Error('holds JSON that is not a private JWK');
  }
}

/** The key with the algorithm asked for, that of its JWK, or the usual one of its kind. Throws Error when they do not fit. */
export function buildSigningKey({ key, kid, alg }: PrivateKey, wanted?: string, keyId = kid): SigningKey {
  const fitting = listAlgorithms(key);
  const chosen = wanted ?? alg ?? fitting[0];
  if (chosen === undefined || !fitting.includes(chosen)) {
    throw new Error(
      fitting.length === 0
        ? `holds a key of a kind that cannot sign (${key.asymmetricKeyType ?? 'unknown'})`
        : `holds a key for ${fitting.join(', ')}, not for ${chosen}`,
    );
  }
  return { key, alg: chosen, ...(keyId === undefined ? {} : { kid: keyId }) };
}

function listAlgorithms(key: KeyObject): readonly string[] {
  if (key.asymmetricKeyType === 'rsa') return RSA;
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA', 'Ed25519'];
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return curve === undefined ? [] : [curve];
}
