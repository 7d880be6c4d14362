import {
  type CompactVerifyResult,
  compactVerify,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { buildRefusal, Refusal } from '../errors.ts';
import { SIGNING_ALGORITHMS } from './algorithms.ts';
import type { ProviderHttp } from './fetch.ts';
import { createRefresher } from './refresh.ts';
import type { Log, Schedule } from './timer.ts';

export interface JwksPolicy {
  readonly refreshIntervalMs: number;
  readonly timeoutMs: number;
  /** Least time between two fetches that unknown keys cause. */
  readonly rateLimitMs: number;
  readonly refreshUnknownKid: boolean;
}

export interface Keys {
  /** What these keys can verify at all. */
  readonly algorithms: readonly string[];
  /** Keeps the keys at this address fresh from now on; a change of address keeps the old keys until the new ones are there. */
  use(jwksUri: string): void;
  /** Verifies a compact JWS with the provider's keys. Errors of jose; Refusal idp_unreachable when no keys can be had. */
  verify(token: string, algorithms: readonly string[]): Promise<CompactVerifyResult>;
  close(): void;
}

interface KeysOptions {
  readonly policy: JwksPolicy;
  readonly http: ProviderHttp;
  readonly now: () => number;
  readonly schedule: Schedule;
  readonly log: Log;
}

/** Authentik without a signing key signs with the client secret and publishes no keys. */
const NO_KEYS =
  'the JWKS has no keys; choose a signing key for this client at the provider, or list HS256 in PROXY_OIDC_ID_TOKEN_ALGS';

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** The provider's keys: renewed on a timer, and once per rate limit when a token names a key we do not know. */
export function createKeys(options: KeysOptions): Keys {
  const { policy, http, now, schedule, log } = options;
  const refresher = createRefresher(load, schedule);
  let address: string | undefined;
  let keys: KeySet | undefined;
  let nextUnknownAt = Number.NEGATIVE_INFINITY;

  async function load(): Promise<KeySet> {
    const from = address;
    if (from === undefined) throw new Refusal('idp_unreachable', 'the keys are asked for before discovery');
    try {
      const loaded = parseKeys(await fetchKeys(from));
      if (from !== address) return await load();
      if (loaded.jwks().keys.length === 0) log('warn', 'provider_keys_empty', { detail: NO_KEYS });
      keys = loaded;
      refresher.plan(policy.refreshIntervalMs);
      return loaded;
    } catch (error) {
      const refusal = buildRefusal(error);
      log('warn', 'provider_keys_failed', {
        refusal: refusal.code,
        detail: refusal.detail,
        keptOldKeys: keys !== undefined,
      });
      refresher.plan(Math.min(policy.refreshIntervalMs, Math.max(policy.rateLimitMs, 1_000)));
      throw refusal;
    }
  }

  async function fetchKeys(url: string): Promise<string> {
    const { timeoutMs } = policy;
    const answer = await http.load(url, { what: 'the JWKS', malformed: 'idp_unreachable', timeoutMs });
    if (answer.status !== 200) throw new Refusal('idp_unreachable', `the JWKS answered with status ${answer.status}`);
    return answer.body;
  }

  /** Newer keys for a token that none of ours fits, or undefined while the rate limit lasts. */
  async function refreshForUnknown(): Promise<KeySet | undefined> {
    if (!policy.refreshUnknownKid) return undefined;
    if (refresher.isPending) return await refresher.refresh();
    if (now() < nextUnknownAt) return undefined;
    nextUnknownAt = now() + policy.rateLimitMs;
    return await refresher.refresh();
  }

  return {
    algorithms: SIGNING_ALGORITHMS,
    use(jwksUri) {
      if (jwksUri === address) return;
      address = jwksUri;
      refresher.refreshInBackground();
    },
    async verify(token, algorithms) {
      const known = keys ?? (await refresher.refresh());
      try {
        return await verifyWith(known, token, algorithms);
      } catch (error) {
        if (!isUnknownKey(error, token)) throw error;
        const newer = await refreshForUnknown();
        if (newer === undefined) throw error;
        return await verifyWith(newer, token, algorithms);
      }
    },
    close: () => refresher.close(),
  };
}

/** Keys that are written in the configuration and never change. */
export function createFixedKeys(set: JSONWebKeySet): Keys {
  const keys = createLocalJWKSet(set);
  return {
    algorithms: SIGNING_ALGORITHMS,
    use: () => undefined,
    verify: (token, algorithms) => verifyWith(keys, token, algorithms),
    close: () => undefined,
  };
}

function parseKeys(body: string): KeySet {
  try {
    const { keys } = JSON.parse(body) as JSONWebKeySet;
    // A member we cannot read must not cost us the others.
    return createLocalJWKSet({ keys: keys.filter((key) => typeof key === 'object' && key !== null) });
  } catch (cause) {
    throw new Refusal('idp_unreachable', 'the JWKS is not a JSON Web Key Set', { cause });
  }
}

/** A token without `kid` may be signed by any key that fits its algorithm (OpenID Connect Core 1.0, section 10.1). */
async function verifyWith(keys: KeySet, token: string, algorithms: readonly string[]): Promise<CompactVerifyResult> {
  const options = { algorithms: [...algorithms] };
  try {
    // Only `alg` and `kid` of the header choose a key; jku, x5u, jwk and x5c are never looked at.
    const pick = (header: JWSHeaderParameters, jws: FlattenedJWSInput) => keys(header, jws);
    return await compactVerify(token, pick, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await compactVerify(token, key, options);
      } catch (failed) {
        if (!(failed instanceof errors.JWSSignatureVerificationFailed)) throw failed;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** No key by that name; or no name at all and no key that fits, which after a rotation looks like a bad signature. */
function isUnknownKey(error: unknown, token: string): boolean {
  if (error instanceof errors.JWKSNoMatchingKey) return true;
  return error instanceof errors.JWSSignatureVerificationFailed && !hasKid(token);
}

function hasKid(token: string): boolean {
  const header: unknown = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString());
  return typeof header === 'object' && header !== null && 'kid' in header;
}
