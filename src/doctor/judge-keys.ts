import { createVoice, type Finding, quoteList } from './finding.ts';

const voice = createVoice('keys');

/** The body of the provider's JWKS against the algorithms that are accepted. */
export function judgeKeys(body: string, algorithms: readonly string[]): Finding {
  const setting = 'PROXY_OIDC_JWKS_URL';
  const keys = findKeys(body);
  if (keys === undefined) return voice.failed('the answer is not a JSON Web Key Set', setting);
  if (keys.length === 0) {
    // Authentik without a signing key signs with the client secret and publishes none.
    return voice.failed(
      'the key set is empty: select a signing key for this client at the provider, or allow HS256',
      'PROXY_OIDC_ID_TOKEN_ALGS',
    );
  }
  const usable = algorithms.filter((alg) => keys.some((key) => fits(key, alg)));
  if (usable.length > 0) return voice.ok(`${keys.length} published, usable for ${usable.join(', ')}`);
  const kinds = [...new Set(keys.map(describeKey))];
  return voice.failed(
    `no published key fits an accepted algorithm; published: ${quoteList(kinds)}; accepted: ${algorithms.join(', ')}`,
    'PROXY_OIDC_ID_TOKEN_ALGS',
  );
}

type Key = Readonly<Record<string, unknown>>;

function findKeys(body: string): readonly Key[] | undefined {
  try {
    const { keys } = JSON.parse(body) as { readonly keys?: unknown };
    if (!Array.isArray(keys)) return undefined;
    return keys.filter((key): key is Key => typeof key === 'object' && key !== null);
  } catch {
    return undefined;
  }
}

/** RFC 7517, sections 4.2 and 4.4; RFC 7518, section 3.1; RFC 8037, section 3.1. */
function fits(key: Key, alg: string): boolean {
  const { kty, crv, use } = key;
  if (use !== undefined && use !== 'sig') return false;
  if (key['alg'] !== undefined && !isSameAlgorithm(key['alg'], alg)) return false;
  if (alg.startsWith('RS') || alg.startsWith('PS')) return kty === 'RSA';
  const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
  if (alg in curves) return kty === 'EC' && crv === curves[alg];
  return isEdwards(alg) && kty === 'OKP' && crv === 'Ed25519';
}

const isEdwards = (alg: unknown): boolean => alg === 'EdDSA' || alg === 'Ed25519';
const isSameAlgorithm = (of: unknown, alg: string): boolean => of === alg || (isEdwards(of) && isEdwards(alg));

function describeKey({ kty, crv, alg, use }: Key): string {
  const name = [alg, crv, kty].find((value) => typeof value === 'string') ?? 'unknown';
  return `${name}${use === undefined || use === 'sig' ? '' : ' (not for signatures)'}`;
}
