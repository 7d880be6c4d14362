import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import type { Encrypting, Signing } from './provider-keys.ts';

export type Json = Record<string, unknown>;
export type Endpoint =
  | 'discovery'
  | 'jwks'
  | 'authorize'
  | 'par'
  | 'token'
  | 'userinfo'
  | 'end_session'
  | 'introspect'
  | 'revoke'
  | 'other';

export interface ProviderUser {
  readonly sub: string;
  /** Goes into the ID token and userinfo, and into JWT access tokens. */
  readonly claims?: Json;
  /** Only there, over `claims`. */
  readonly idToken?: Json;
  readonly userinfo?: Json;
  readonly accessToken?: Json;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** What one test changes. Functions may change their argument in place or return a replacement. */
export interface Behaviour {
  /** Sub of the person at the browser; the first user by default. */
  user?: string;
  /** `accessToken` is the one in the same answer, for at_hash. */
  idToken?: (claims: Json, header: Json, accessToken: string) => Json | string | void;
  accessToken?: (claims: Json, header: Json) => Json | string | void;
  sign?: Signing;
  signAccessToken?: Signing;
  accessTokenFormat?: 'jwt' | 'opaque';
  discovery?: (document: Json) => Json | void;
  jwks?: (set: { keys: Json[] }) => object | void;
  authorizationResponse?: (parameters: URLSearchParams) => URLSearchParams | void;
  tokenResponse?: (body: Json) => unknown;
  /** The same for refreshes alone. */
  refreshResponse?: (body: Json) => unknown;
  /** What a refresh is refused with. */
  refuseRefresh?: string;
  /** Claims of everyone from now on, over those of the user. */
  claims?: Json;
  userinfo?: (claims: Json) => unknown;
  introspection?: (claims: Json) => unknown;
  /** Userinfo as application/jwt, signed so. */
  signUserinfo?: Signing;
  /** ID tokens as JWE around the signed token; or what the test makes of the signed token. */
  encrypt?: Encrypting;
  encryptUserinfo?: Encrypting;
  /** Drops every connection (true), or those to the endpoints listed, without an answer. */
  down?: boolean | readonly Endpoint[];
  /** Waits before each answer, or before those of the endpoints listed. */
  delayMs?: number | Partial<Record<Endpoint, number>>;
  /** Answers with this status and an error document. */
  status?: Partial<Record<Endpoint, number>>;
  /** The last word on the bytes of an answer: HTML pages, redirects, compression, wrong types. */
  answer?: Partial<Record<Endpoint, (answer: Answer, request: ProviderRequest) => Answer | void>>;
  /** Replaces the answer altogether, e.g. an endless stream. */
  respond?: Partial<Record<Endpoint, (res: ServerResponse) => void>>;
}

export interface ProviderRequest {
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly form: URLSearchParams;
  /** Common name of the certificate the client showed. */
  readonly certificate?: string;
}

export interface ProviderSetup {
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Accepted at the token endpoint and announced; basic and post (none without a secret) by default. */
  readonly authMethods?: readonly string[];
  /** Public keys for private_key_jwt. */
  readonly clientKeys?: readonly JWK[];
  /** What assertions must be for; the issuer by default. */
  readonly assertionAudience?: 'issuer' | 'token_endpoint';
  /** A second port that asks for certificates of this authority; its addresses are announced as aliases. */
  readonly mutualTls?: { readonly ca: string; readonly subject: string };
  /** Refuses authorization requests that were not pushed. */
  readonly requirePar?: boolean;
  /** Demands PKCE; true by default. */
  readonly pkce?: boolean;
  readonly users?: readonly ProviderUser[];
  /** Exact redirect URIs; any when absent. */
  readonly redirectUris?: readonly string[];
  /** Path of the issuer, e.g. '/realms/a/'; none by default. */
  readonly issuerPath?: string;
  /** Where endpoints are, from the root of the host; below the issuer by default. */
  readonly paths?: Partial<Record<Endpoint, string>>;
  /** Announced, and the only ones admitted: a request for another one comes back with invalid_scope. */
  readonly scopes?: readonly string[];
  /** Claims that only a scope opens, in the ID token and at userinfo. */
  readonly claimScopes?: Readonly<Record<string, string>>;
  /** Least length of state and nonce. */
  readonly leastRandomness?: number;
  /** Gives refresh tokens: a new one at each refresh, of which each is good once, or one for good. */
  readonly refreshTokens?: 'rotate' | 'keep';
  /** Seconds; tokens live this long. */
  readonly tokenLifetime?: number;
  readonly now?: () => number;
  /** Serves https with these. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Fixed port, to come back after a close; ephemeral by default. */
  readonly port?: number;
}

export interface TokenWish {
  /** Sub of the user; the first one by default. */
  readonly user?: string;
  /** The client that gets it, and its audience; the provider's own by default. */
  readonly clientId?: string;
  /** Over what the token would hold; `undefined` takes a claim away. */
  readonly claims?: Json;
  readonly header?: Json;
  readonly signing?: Signing;
  readonly format?: 'jwt' | 'opaque';
  /** False for a token that userinfo and introspection know nothing of. */
  readonly known?: boolean;
}

export interface TestProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly port: number;
  /** Every request in order of arrival. */
  readonly requests: ProviderRequest[];
  requestsTo(endpoint: Endpoint): ProviderRequest[];
  /** Adds to the present behaviour; `undefined` as a value takes an override back. */
  behave(changes: { [K in keyof Behaviour]?: Behaviour[K] | undefined }): void;
  /** Back to good manners. */
  reset(): void;
  /** New keys under new key ids; the old ones are no longer published. */
  rotateKeys(): void;
  /** An access token as another client would have got it. */
  issueToken(wish?: TokenWish): Promise<string>;
  /** Plays the browser at the provider: from the authorization URL to the callback URL. Throws with the provider's complaint. */
  signIn(authorizationUrl: string | URL, user?: string): Promise<URL>;
  close(): Promise<void>;
}
