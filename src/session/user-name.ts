import { createHmac, hkdfSync } from 'node:crypto';

const mostRemembered = 1_024;

/**
 * The name under which users appear in the log: their own, one that is the same for everybody who has this secret and tells nothing
 * to others, or none.
 */
export function createUserNames(
  mode: 'plain' | 'hash' | 'off',
  secret: string,
): (user: string | undefined) => string | undefined {
  if (mode === 'plain') return (user) => user;
  if (mode === 'off') return () => undefined;
  // A key of its own (RFC 5869): what a log gives away must not help against the cookies.
  const key = Buffer.from(hkdfSync('sha256', secret, 'claimgate/log/1', 'user', 32));
  const remembered = new Map<string, string>();
  return (user) => {
    if (user === undefined) return undefined;
    const known = remembered.get(user);
    if (known !== undefined) return known;
    const name = createHmac('sha256', key).update(user).digest('base64url').slice(0, 16);
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(user, name);
    return name;
  };
}
