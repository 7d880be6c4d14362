import { buildPerson, type PersonPolicy } from '../access/person.ts';
import { buildRefusal, Refusal } from '../errors.ts';
import { findBearerToken } from '../http/authorization.ts';
import type { Metrics } from '../metrics.ts';
import { findUnverifiedIssuer } from '../oidc/access-token.ts';
import type { Provider } from '../oidc/provider.ts';
import type { OpenedSession } from '../session/open.ts';
import type { Session } from '../session/session.ts';
import { createTokenCache, type Judgement, LONGEST_MS } from '../session/token-cache.ts';

/** People behind bearer tokens. */
export interface Bearer {
  /** Undefined without a bearer token; a promise where the token has to be judged first. Throws Refusal. */
  find(rawHeaders: readonly string[]): OpenedSession | Promise<OpenedSession> | undefined;
}

/** One provider whose tokens are taken. */
export interface BearerProvider {
  /** Id for sessions; absent for the only provider of a site. */
  readonly mark?: string;
  readonly policy: PersonPolicy;
  readonly provider: Pick<Provider, 'listIssuers' | 'verifyAccessToken'>;
}

interface BearerOptions {
  /** The first one is asked where a token names none of them. */
  readonly providers: readonly BearerProvider[];
  readonly openSession: (session: Session) => OpenedSession | undefined;
  /** Ended before its time: the provider says so of the session, or of everything of the person. */
  readonly isRevoked?: (session: Session) => boolean;
  /** The session keeps the token, because it is passed on from there. */
  readonly keepToken: boolean;
  /** 0 remembers nothing. */
  readonly cacheEntries: number;
  /** How long the word of the provider, or a token without expiry, is believed; milliseconds. */
  readonly cacheTtl: number;
  readonly maxInFlight: number;
  readonly metrics: Pick<Metrics, 'bearerTokens' | 'bearerCacheHits'>;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

/**
 * A person for each good token, as a sign-in would have made one: for as long as the token lasts, but never longer
 * than five minutes without a new look. Undefined where no provider's tokens are taken.
 */
export function createBearer(options: BearerOptions): Bearer | undefined {
  const [main] = options.providers;
  return main === undefined ? undefined : createBearerOf(main, options);
}

function createBearerOf(main: BearerProvider, options: BearerOptions): Bearer {
  const { providers, metrics, now } = options;

  /** The unverified issuer only chooses who is to judge, and that provider accepts none but its own. */
  function findProvider(token: string): BearerProvider {
    const issuer = findUnverifiedIssuer(token);
    return providers.find((one) => issuer !== undefined && one.provider.listIssuers().includes(issuer)) ?? main;
  }

  async function judge(token: string, key: string): Promise<Judgement<OpenedSession>> {
    const { mark, policy, provider } = findProvider(token);
    const { claims, isLive, issuedAt, expiresAt, ...about } = await provider.verifyAccessToken(token);
    const moment = now();
    const ttl = isLive || expiresAt === undefined ? Math.min(options.cacheTtl, LONGEST_MS) : LONGEST_MS;
    const end = Math.min(moment + ttl, (expiresAt ?? Number.POSITIVE_INFINITY) * 1_000);
    const session: Session = {
      ...about,
      id: key.slice(0, 22),
      ...(mark === undefined ? {} : { provider: mark }),
      // A token that says nothing of its age is as old as any, unless the provider itself has just vouched for it.
      startedAt: Math.floor(Math.min(issuedAt ?? (isLive ? moment / 1_000 : 0), moment / 1_000)),
      expiresAt: Math.floor(expiresAt ?? end / 1_000),
      ...(options.keepToken && {
        tokens: { accessToken: token, ...(expiresAt === undefined ? {} : { expiresAt: Math.floor(expiresAt) }) },
      }),
      person: buildPerson(claims, policy),
    };
    const value = options.openSession(session);
    if (value === undefined) throw new Refusal('identity_unrepresentable', 'no header can carry this identity');
    // What the provider says nothing of ends with no answer on its way; the next request has it judged again.
    return { value: expiresAt === undefined ? { ...value, endsAt: Number.POSITIVE_INFINITY } : value, until: end };
  }

  const cache = createTokenCache<OpenedSession>({
    maxEntries: options.cacheEntries,
    maxInFlight: options.maxInFlight,
    async judge(token, key) {
      try {
        const judged = await judge(token, key);
        metrics.bearerTokens.inc({ result: judged.value.session.person.problem?.code ?? 'ok' });
        return judged;
      } catch (error) {
        metrics.bearerTokens.inc({ result: buildRefusal(error).code });
        throw error;
      }
    },
    onHit: () => metrics.bearerCacheHits.inc(),
    now,
    randomBytes: options.randomBytes,
  });

  // With each use, since what is remembered may be revoked at any time.
  function checkRevoked(opened: OpenedSession): OpenedSession {
    if (options.isRevoked?.(opened.session) !== true) return opened;
    throw new Refusal('invalid_token', 'access token: what it belongs to was ended at the provider');
  }

  return {
    find(rawHeaders) {
      const token = findBearerToken(rawHeaders);
      if (token === undefined) return undefined;
      const found = cache.find(token);
      return found instanceof Promise ? found.then(checkRevoked) : checkRevoked(found);
    },
  };
}
