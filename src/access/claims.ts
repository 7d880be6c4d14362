import type { ClaimSource } from '../session/session.ts';

/** The claims of one token or of userinfo, as parsed from JSON. */
export type Claims = Readonly<Record<string, unknown>>;

/** What one sign-in brought, all of it verified, with one `sub`. */
export interface ClaimSet {
  /** Only when the access token is a JWT that was verified. */
  readonly accessToken?: Claims;
  /** Absent only where the provider speaks plain OAuth 2.0. */
  readonly idToken?: Claims;
  readonly userinfo?: Claims;
}

// They describe a token, or tie it to a sign-in; userinfo has no say in them (OpenID Connect Core, section 5.3.2).
const NEVER_FROM_USERINFO: ReadonlySet<string> = new Set(['iss', 'aud', 'exp', 'iat', 'nbf', 'azp', 'sid', 'nonce']);

/** The sources a lookup sees, the strongest first. */
export function listSources(set: ClaimSet, source: 'auto' | ClaimSource): readonly ClaimSource[] {
  if (source !== 'auto') return [source];
  return [
    ...(set.userinfo ? (['userinfo'] as const) : []),
    ...(set.idToken ? (['id_token'] as const) : []),
    ...(set.accessToken ? (['access_token'] as const) : []),
  ];
}

/**
 * One set of claims to look in. `auto` joins the sources by top-level key, userinfo over ID token over access token;
 * a key that a stronger source has, even as null, hides the weaker ones. A single source that is absent is empty.
 * The result has no prototype, so a claim named `__proto__` is a claim like any other.
 */
export function buildClaimsView(set: ClaimSet, source: 'auto' | ClaimSource): Claims {
  const view = Object.create(null) as Record<string, unknown>;
  const bySource = { userinfo: set.userinfo, id_token: set.idToken, access_token: set.accessToken };
  for (const from of listSources(set, source).toReversed()) {
    const claims = bySource[from] ?? {};
    for (const key of Object.keys(claims)) {
      if (from !== 'userinfo' || !NEVER_FROM_USERINFO.has(key)) view[key] = claims[key];
    }
  }
  return view;
}

/** `/a/b` as RFC 6901 reads it; undefined for an escape other than ~0 and ~1. */
function splitPointer(path: string): string[] | undefined {
  if (/~(?![01])/.test(path)) return undefined;
  const segments = path.slice(1).split('/');
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** `a\.b.c` is `a.b`, then `c`; a backslash elsewhere stands for itself. */
function splitDotted(path: string): string[] {
  const segments = [''];
  for (let i = 0; i < path.length; i += 1) {
    const escaped = path.startsWith('\\.', i);
    if (path.charAt(i) === '.') segments.push('');
    else segments[segments.length - 1] += path.charAt(escaped ? i + 1 : i);
    if (escaped) i += 1;
  }
  return segments;
}

/**
 * The claim at a configured path: the whole path as a literal top-level key first, whatever its value; then as a
 * JSON pointer when it begins with '/', otherwise split at dots. Each step must be an own property of an object:
 * where one is missing the result is undefined, never a value from another level.
 */
export function findClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  const segments = path.startsWith('/') ? splitPointer(path) : splitDotted(path);
  if (!segments) return undefined;
  let value: unknown = claims;
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (!Object.hasOwn(value, segment)) return undefined;
    value = (value as Claims)[segment];
  }
  return value;
}

/** A text at this path that is not empty. */
export function findText(view: Claims, path: string | undefined): string | undefined {
  const value = path === undefined ? undefined : findClaim(view, path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A list of strings, or one string; any other element makes the whole claim absent. */
export function findTexts(view: Claims, path: string | undefined): readonly string[] | undefined {
  const value = path === undefined ? undefined : findClaim(view, path);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((element) => typeof element === 'string')) return undefined;
  const texts = [...new Set(list.filter((element) => element !== ''))];
  return texts.length > 0 ? texts : undefined;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** Nothing, blank text, a list of nothing but these, or an object without members. */
export function isEmptyClaim(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isBlank);
  return isBlank(value) || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
