import { checkTarget } from '../../src/proxy/target.ts';
import type { RawMessage } from '../support/raw-message.ts';

const ours = new Map([
  ['X-Forwarded-Host', 'app.example.com'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Port', '443'],
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Real-IP', '127.0.0.1'],
]);
/** What the application gets about the one person who is signed in while fuzzing. */
export const fuzzIdentity = ['X-Forwarded-User: fuzz', 'X-Forwarded-Role: user', 'X-Forwarded-Roles: user'] as const;

const guarded =
  /^(?:x-forwarded-.*|x-auth-request-.*|forwarded|x-forwarded|x-real-ip|x-request-id|x-remote-user|remote-(?:user|groups|name|email)|x-original-(?:ur[il]|method|host)|x-rewrite-url|x-envoy-original-path)$/;

const ownCookie = /(?:^|;)[ \t]*(?:__Host-claimgate(?:\.\d|-login\.[^=]*|-round)?|__Secure-claimgate-hint)=/;

/** The name as a CGI-style application sees it. */
const fold = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-');

/**
 * What no request at the application may ever be, whatever clients send; undefined when it is as it should be. `lines`: the identity
 * that belongs on every path but /public.
 */
export function findViolation(message: RawMessage, lines: readonly string[] = fuzzIdentity): string | undefined {
  const identity = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
  const [method = '', target = '', version = '', ...more] = message.line.split(' ');
  if (!/^[A-Z-]+$/.test(method) || version !== 'HTTP/1.1' || more.length > 0) return `request line ${message.line}`;
  if (method === 'TRACE' || method === 'CONNECT') return `method ${method}`;
  let readings: readonly string[];
  try {
    readings = checkTarget(target).readings;
  } catch {
    return `target ${target}`;
  }
  const seen = new Map<string, number>();
  const count = (name: string): number => seen.get(name) ?? 0;
  for (const [name, value] of message.headers) {
    const folded = fold(name);
    seen.set(folded, count(folded) + 1);
    if (folded === 'cookie' && ownCookie.test(value)) return 'an own cookie';
    if (!guarded.test(folded)) continue;
    if (name !== 'X-Request-Id' && (ours.get(name) ?? identity.get(name)) !== value) return `${name}: ${value}`;
  }
  for (const name of ours.keys()) if (count(fold(name)) !== 1) return `${name} ${count(fold(name))} times`;
  if (count('x-request-id') !== 1 || count('host') !== 1) return 'not one id and one Host';
  if (count('content-length') + count('transfer-encoding') > 1) return 'two framings';
  const times = [...identity.keys()].map((name) => count(fold(name)));
  const isPublic = readings.every((reading) => /^\/public(?:\/|$)/.test(reading));
  if (times.some((one) => one !== (isPublic ? 0 : 1))) return `identity ${times.join(', ')} times on ${target}`;
  return undefined;
}
