import type { ClaimSet } from '../access/claims.ts';
import { Refusal } from '../errors.ts';
import type { SessionTokens } from '../session/session.ts';
import type { ClaimSources } from './claim-sources.ts';
import type { OpenToken } from './decrypt.ts';
import { findIssuer } from './issuer.ts';
import type { Metadata } from './metadata.ts';
import type { RenewedTokens } from './refresh-grant.ts';
import { checkIdToken, type IdTokenPolicy } from './tokens.ts';

/** Whose refresh token it is. */
export interface KnownPerson {
  readonly iss: string;
  readonly sub: string;
  /** Of the sign-in; absent for a session that remembers none. */
  readonly nonce?: string;
}

/** What a refresh brought: for the same person as before. */
export interface Refreshed {
  /** The refresh token is the new one, or the old one where there is no new one. */
  readonly tokens: SessionTokens;
  readonly idToken?: string;
  /** Absent while userinfo is down. Without an ID token, of that only `iss` and `sub` as they are known. */
  readonly claims?: ClaimSet;
}

interface RefreshAnswer {
  readonly tokens: Omit<RenewedTokens, 'idToken'>;
  /** The ID token as it came. */
  readonly received: string | undefined;
  readonly known: KnownPerson;
}

interface RefreshJudge {
  readonly openToken: OpenToken;
  readonly tokenPolicy: Omit<IdTokenPolicy, 'now' | 'nonce' | 'isRefresh'>;
  readonly metadata: Metadata;
  readonly sources: ClaimSources;
  readonly now: () => number;
}

/** Judges the answer to a refresh. Refusal refresh_refused when it is about another person, or one naming the failed check. */
export async function judgeRefresh(
  { tokens, received, known }: RefreshAnswer,
  { openToken, tokenPolicy, metadata, sources, now }: RefreshJudge,
): Promise<Refreshed> {
  if (received === undefined) {
    // OpenID Connect Core 1.0, section 12.2. Userinfo still says whether the token is this person's.
    const claims = await sources.load(metadata, { iss: known.iss, sub: known.sub }, tokens.accessToken, true);
    return { tokens, ...(claims === undefined ? {} : { claims }) };
  }
  const raw = await openToken(received, { name: 'ID token', code: 'id_token_invalid' });
  const { nonce } = known;
  const policy = { ...tokenPolicy, now: now(), isRefresh: true, ...(nonce === undefined ? {} : { nonce }) };
  const idToken = await checkIdToken(raw, policy);
  // OpenID Connect Core 1.0, section 12.2: the same iss and sub as at the sign-in.
  if (findIssuer(metadata.issuer, idToken) !== known.iss || idToken.sub !== known.sub) {
    throw new Refusal('refresh_refused', 'the ID token of the refresh is about another person');
  }
  const claims = await sources.load(metadata, idToken, tokens.accessToken, true);
  return { tokens, idToken: raw, ...(claims === undefined ? {} : { claims }) };
}
