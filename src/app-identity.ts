import { buildIdentity, pickHeaders, type IdentityForm } from './access/identity.ts';
import { buildHeaders, listPresetHeaders } from './config/header-presets.ts';
import { ConfigError } from './config/problems.ts';
import type { Config } from './config/schema.ts';
import type { KeptTokens, RefreshPlan } from './routes/kept-tokens.ts';
import { buildIdentityKeys, type IdentityKey } from './session/identity-key.ts';
import { createIdentityTokens, type IdentityTokens } from './session/identity-token.ts';
import type { Session } from './session/session.ts';
import { type AddTimed, createTimedHeaders } from './session/timed-headers.ts';
import { type BasicOptions, buildBasic } from './session/upstream-basic.ts';

/** What is forwarded about a person, as the settings want it. */
export interface IdentityOut {
  /** What a session is good for: undefined for one that these headers cannot carry. */
  readonly buildIdentity: (session: Session) => readonly string[] | undefined;
  /** Of these the headers that name the user, and the Authorization that lets the request in. */
  readonly buildUserIdentity: (session: Session) => readonly string[] | undefined;
  readonly buildTimed: (session: Session) => AddTimed | undefined;
  /** Names that no client may send: ours, and those of every preset. */
  readonly headers: readonly string[];
  /** Public keys of the signed identity, where there is one. */
  readonly jwks: string | undefined;
}

export function buildIdentityForm({ headers, basic }: Config): IdentityForm {
  return {
    ...buildHeaders(headers),
    extra: headers.extra,
    maxBytes: headers.maxBytes,
    refuseColon: basic.mode === 'user' || basic.mode === 'derived',
  };
}

/** The tokens that a session must keep because a header wants them. */
export function findKeptTokens({ forward }: Config): KeptTokens {
  return {
    accessToken: forward.authorization === 'session' || forward.accessTokenHeader.length > 0,
    idToken: forward.idTokenHeader.length > 0,
  };
}

/** What refresh tokens of this provider are kept for; undefined where they are not. */
export function findRefreshPlan(config: Config): RefreshPlan | undefined {
  const { refresh: mode, refreshInterval: interval, template } = config.provider;
  if (mode === 'off' || template !== undefined) return undefined;
  const { accessToken, idToken } = findKeptTokens(config);
  const isRequired = mode === 'required';
  const followsToken = isRequired || accessToken || idToken || config.session.lifetime === 'refresh';
  if (!followsToken && interval === undefined) return undefined;
  return { isRequired, followsToken, ...(interval === undefined ? {} : { interval }) };
}

export function createIdentityOut(config: Config, now: () => number): IdentityOut {
  const { forward, identityToken } = config;
  const form = buildIdentityForm(config);
  const basic = findBasic(config);
  const tokens = createTokens(config);
  const identity = tokens === undefined ? undefined : { header: identityToken.header, tokens };
  const setsAuthorization = basic !== undefined || forward.authorization === 'session';
  const userHeaders = new Set([...(form.headers.user ?? []), 'Authorization']);

  function buildWhole(session: Session): readonly string[] | undefined {
    const list = buildIdentity(session, form);
    const { user, problem } = session.person;
    if (basic === undefined || list === undefined || user === undefined || problem !== undefined) return list;
    return [...list, 'Authorization', buildBasic(basic, user)];
  }

  return {
    buildIdentity: buildWhole,
    buildUserIdentity(session) {
      const list = buildWhole(session);
      return list && pickHeaders(list, userHeaders);
    },
    buildTimed: createTimedHeaders({
      ...(identity === undefined ? {} : { identity }),
      authorization: forward.authorization === 'session',
      accessTokenHeaders: forward.accessTokenHeader,
      idTokenHeaders: forward.idTokenHeader,
      now,
    }),
    headers: [
      ...listPresetHeaders(),
      ...Object.values(form.headers).flat(),
      ...form.extra.map(({ name }) => name),
      ...forward.accessTokenHeader,
      ...forward.idTokenHeader,
      identityToken.header,
      ...(setsAuthorization ? ['Authorization'] : []),
    ],
    jwks: tokens?.jwks,
  };
}

/** The settings were checked: what a mode needs is there. */
function findBasic({ basic: { mode, user = '', password = '' } }: Config): BasicOptions | undefined {
  if (mode === 'off') return undefined;
  if (mode === 'derived') return { mode, key: password };
  return mode === 'fixed' ? { mode, user, password } : { mode, password };
}

function createTokens({ identityToken, http, upstream }: Config): IdentityTokens | undefined {
  if (!identityToken.enabled) return undefined;
  return createIdentityTokens({
    keys: loadKeys(identityToken.keys ?? ''),
    issuer: new URL(http.publicUrl).origin,
    audience: identityToken.audience ?? findAudience(upstream.address),
    lifetime: Math.floor(identityToken.lifetime / 1_000),
  });
}

function findAudience(address: string): string {
  return address.startsWith('unix:') ? address : new URL(address).origin;
}

function loadKeys(text: string): readonly [IdentityKey, ...IdentityKey[]] {
  try {
    const [first, ...others] = buildIdentityKeys(text);
    if (first !== undefined) return [first, ...others];
    throw new Error('holds no key');
  } catch (error) {
    const sentence = error instanceof Error ? error.message : 'cannot be read';
    throw new ConfigError([{ setting: 'PROXY_IDENTITY_KEY', sentence }]);
  }
}
