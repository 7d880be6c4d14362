import type { Findings } from './findings.ts';
import { buildHeaders } from './header-presets.ts';
import type { Config } from './schema.ts';

/** Headers with a meaning of their own in HTTP or in this product. */
const reserved = new Set(
  `host cookie set-cookie authorization proxy-authorization content-length content-type content-encoding transfer-encoding connection
   keep-alive proxy-connection te trailer upgrade expect date origin referer via range http2-settings x-request-id x-forwarded-for
   x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-prefix x-forwarded-server x-forwarded-uri x-forwarded-method
   x-real-ip forwarded x-original-url x-rewrite-url x-http-method-override x-http-method x-method-override`.split(
    /\s+/,
  ),
);

/** Every header we set about a person, with the setting that names it. */
function listNames({ headers, forward, identityToken }: Config): readonly (readonly [setting: string, name: string])[] {
  const fields = Object.entries(buildHeaders(headers).headers).flatMap(([field, names]) =>
    names.map((name) => [`PROXY_${field.toUpperCase()}_HEADER`, name] as const),
  );
  return [
    ...fields,
    ...headers.extra.map(({ name }) => ['PROXY_EXTRA_HEADERS', name] as const),
    ...forward.accessTokenHeader.map((name) => ['PROXY_FORWARD_ACCESS_TOKEN_HEADER', name] as const),
    ...forward.idTokenHeader.map((name) => ['PROXY_FORWARD_ID_TOKEN_HEADER', name] as const),
    ...(identityToken.enabled ? [['PROXY_IDENTITY_JWT_HEADER', identityToken.header] as const] : []),
  ];
}

export function checkHeaders(config: Config, { problems }: Findings): void {
  const seen = new Map<string, string>();
  for (const [setting, name] of listNames(config)) {
    const folded = name.toLowerCase();
    const earlier = seen.get(folded);
    if (reserved.has(folded) || folded.startsWith('sec-')) {
      problems.push({ setting, sentence: `is ${name}, which has another meaning` });
    }
    if (earlier !== undefined) problems.push({ setting, sentence: `is ${name}, the same as ${earlier}` });
    seen.set(folded, setting);
  }
}

// RFC 7617, section 2: neither part may hold control characters, and the first colon ends the user name.
const isControlled = (value: string): boolean => /\p{Cc}/u.test(value) || !value.isWellFormed();

export function checkBasic({ basic, forward }: Config, { problems }: Findings): void {
  const { mode, user, password } = basic;
  if (mode !== 'off' && password === undefined) {
    problems.push({
      setting: 'PROXY_UPSTREAM_BASIC_PASSWORD',
      sentence: `is missing, but PROXY_UPSTREAM_BASIC=${mode} needs it`,
    });
  }
  if (mode === 'off' && password !== undefined) {
    problems.push({
      setting: 'PROXY_UPSTREAM_BASIC_PASSWORD',
      sentence: 'has no effect, because PROXY_UPSTREAM_BASIC is off; remove it',
    });
  }
  if (mode === 'fixed' && user === undefined) {
    problems.push({
      setting: 'PROXY_UPSTREAM_BASIC_USER',
      sentence: 'is missing, but PROXY_UPSTREAM_BASIC=fixed needs it',
    });
  }
  if (mode !== 'fixed' && user !== undefined) {
    problems.push({
      setting: 'PROXY_UPSTREAM_BASIC_USER',
      sentence: 'has no effect, because PROXY_UPSTREAM_BASIC is not fixed; remove it',
    });
  }
  if (user !== undefined && (user.includes(':') || isControlled(user))) {
    problems.push({
      setting: 'PROXY_UPSTREAM_BASIC_USER',
      sentence: 'must hold neither a colon nor control characters',
    });
  }
  if (password !== undefined && isControlled(password)) {
    problems.push({ setting: 'PROXY_UPSTREAM_BASIC_PASSWORD', sentence: 'must not hold control characters' });
  }
  if (mode === 'derived' && password !== undefined && Buffer.byteLength(password) < 32) {
    problems.push({
      setting: 'PROXY_UPSTREAM_BASIC_PASSWORD',
      sentence:
        'is shorter than 32 characters, too short to derive passwords from; run `claimgate keygen` for a good one',
    });
  }
  if (mode !== 'off' && forward.authorization === 'session') {
    problems.push({
      setting: 'PROXY_UPSTREAM_BASIC',
      sentence: 'and PROXY_FORWARD_AUTHORIZATION=session both set the Authorization header; keep one of them',
    });
  }
}

export function checkIdentityToken({ identityToken }: Config, { problems }: Findings): void {
  const { enabled, keys } = identityToken;
  if (enabled && keys === undefined) {
    problems.push({
      setting: 'PROXY_IDENTITY_KEY',
      sentence: 'is missing, but PROXY_IDENTITY_JWT needs it; `openssl genpkey -algorithm ed25519` makes one',
    });
  }
  if (!enabled && keys !== undefined) {
    problems.push({
      setting: 'PROXY_IDENTITY_KEY',
      sentence: 'has no effect, because PROXY_IDENTITY_JWT is false; remove it',
    });
  }
}
