import { buildParameters } from './authorize.ts';
import type { Metadata } from './metadata.ts';
import type { ParMode } from './par.ts';
import type { Demands } from './proof.ts';

/** What binds an answer of the provider to the browser that asked, and what was demanded of it beyond the settings. */
export interface Attempt extends Demands {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** What one sign-in asks for beyond the settings. */
export interface SignInExtra extends Demands {
  readonly prompt?: string;
  readonly loginHint?: string;
}

/** What the settings ask for beside the sign-in itself. */
export interface RequestOptions extends Demands {
  readonly extra: readonly (readonly [string, string])[];
  readonly prompt?: string;
  /** `acrValues` is no wish: another `acr` is refused. */
  readonly acrRequired: boolean;
  readonly pkce: boolean;
  readonly par: ParMode;
  readonly responseMode: 'query' | 'form_post';
}

interface OneRequest {
  readonly attempt: Attempt;
  readonly extra: SignInExtra;
  readonly metadata: Metadata;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

/** The parameters of the authorization request. Throws Error when a demand is not part of the attempt, since it would never be checked. */
export async function buildRequest(one: OneRequest, options: RequestOptions): Promise<URLSearchParams> {
  const { attempt, extra, metadata, redirectUri, scopes } = one;
  const { state, nonce, codeVerifier, acrValues = options.acrValues } = attempt;
  if (!isRemembered(extra.acrValues, attempt.acrValues) || !isRemembered(extra.maxAge, attempt.maxAge)) {
    throw new Error('what is demanded of a sign-in must be part of its attempt');
  }
  const demands = findDemands(attempt, options);
  const { prompt = options.prompt, loginHint } = extra;
  return await buildParameters({
    redirectUri,
    scopes,
    state,
    nonce,
    ...(options.pkce ? { codeVerifier } : {}),
    ...(prompt === undefined ? {} : { prompt }),
    ...(loginHint === undefined ? {} : { loginHint }),
    ...(demands.maxAge === undefined ? {} : { maxAge: demands.maxAge }),
    ...(acrValues === undefined ? {} : { acrValues }),
    claimsAcr: metadata.takesClaims === true && demands.acrValues !== undefined,
    responseMode: options.responseMode,
    extra: options.extra,
  });
}

function isRemembered<T>(demanded: T | undefined, remembered: T | undefined): boolean {
  return demanded === undefined || demanded === remembered;
}

/** What the answer is checked for: the stricter age, and the choice of `acr` of this sign-in before that of the settings. */
export function findDemands(attempt: Attempt, options: RequestOptions): Demands {
  const ages = [attempt.maxAge, options.maxAge].filter((age) => age !== undefined);
  const acrValues = attempt.acrValues ?? (options.acrRequired ? options.acrValues : undefined);
  return {
    ...(ages.length === 0 ? {} : { maxAge: Math.min(...ages) }),
    ...(acrValues === undefined ? {} : { acrValues }),
  };
}
