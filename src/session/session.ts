/** Where a claim came from. */
export type ClaimSource = 'access_token' | 'id_token' | 'userinfo';

/** Why a signed-in person may not pass, kept with the session so that each answer can explain itself. */
export interface AccessProblem {
  readonly code:
    | 'user_claim_missing'
    | 'user_claim_type'
    | 'role_claim_missing'
    | 'role_claim_type'
    | 'role_unmapped'
    | 'identity_unrepresentable'
    | 'claim_required'
    | 'email_missing'
    | 'email_unverified'
    | 'email_domain_denied'
    | 'tenant_denied'
    | 'group_denied'
    | 'groups_overage';
  /** The configured claim path that was looked for. */
  readonly claim: string;
  /** The places that were looked at, in order of precedence. */
  readonly sources: readonly ClaimSource[];
}

/** What a session keeps of one claim: a single value, or a list of texts. */
export type ClaimValue = string | number | boolean | readonly string[];

/** What is known of the signed-in person: only what rules and headers need, never whole claim sets. */
export interface Person {
  /** Value of the user claim; absent only together with a problem. */
  readonly user?: string;
  /** Mapped roles; the first is the one forwarded as the role. */
  readonly roles: readonly string[];
  /** Optional values for further identity headers. */
  readonly email?: string;
  readonly name?: string;
  readonly username?: string;
  readonly groups?: readonly string[];
  readonly picture?: string;
  readonly phone?: string;
  /** Claims that rules or further headers ask for, by their configured path. */
  readonly claims?: Readonly<Record<string, ClaimValue>>;
  readonly problem?: AccessProblem;
}

/** What a session keeps of a token response, where a setting asks for it. */
export interface SessionTokens {
  /** Only where it is passed on. */
  readonly accessToken?: string;
  /** Seconds since 1970; absent where the provider gave none. */
  readonly expiresAt?: number;
  readonly refreshToken?: string;
  /** Milliseconds since 1970; of two versions of a session the one with the later tokens is the newer. */
  readonly receivedAt?: number;
  /** Of the sign-in; a later ID token that has one must have the same. */
  readonly nonce?: string;
  /** The last ID token added nothing to the person: one that is missing from a refresh is not missed. */
  readonly withoutIdToken?: true;
}

/** One sign-in. Times are whole seconds since 1970. */
export interface Session {
  /** 128 random bits, base64url; new at every sign-in. */
  readonly id: string;
  /** Id of the provider in the configuration; absent where there is only one. */
  readonly provider?: string;
  readonly iss: string;
  readonly sub: string;
  /** The provider's session id, where it sent one. */
  readonly sid?: string;
  readonly startedAt: number;
  /** The absolute limit, fixed at sign-in. */
  readonly expiresAt: number;
  /** The last use that was noted, and how many seconds without one end the session, fixed at sign-in. */
  readonly seenAt?: number;
  readonly idle?: number;
  /** When and how the person proved who they are (`auth_time` and `acr` of the ID token). */
  readonly authTime?: number;
  readonly acr?: string;
  readonly tokens?: SessionTokens;
  /** As received; kept where a setting asks for it. */
  readonly idToken?: string;
  readonly person: Person;
}
