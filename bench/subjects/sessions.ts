import { randomBytes } from 'node:crypto';
import fastify from 'fastify';
import fastifyCookie from '@fastify/cookie';
import { createCookieStore } from '../../src/session/cookie-store.ts';
import { createSealer } from '../../src/session/seal.ts';

/** What one installation seals its sessions with. */
export interface SessionSource {
  readonly secret: string;
  readonly issuer: string;
  readonly clientId: string;
}

/** Cookie values of sessions sealed by the product's own store, where signing in so often would take too long. */
export async function sealSessions(
  source: SessionSource,
  count: number,
  roles: readonly string[],
): Promise<readonly string[]> {
  // The product's serialiser becomes available with the plugin.
  await fastify().register(fastifyCookie, { hook: false }).ready();
  const now = Date.now();
  const store = createCookieStore({
    sealer: createSealer({
      secrets: [source.secret],
      context: `${source.issuer}|${source.clientId}`,
      randomBytes,
    }),
    cookie: { name: 'claimgate', secure: false },
    cache: { maxEntries: 1, maxAgeMs: 1 },
    now: () => now,
    buildIdentity: () => [],
  });
  const startedAt = Math.floor(now / 1000);
  const buildCookies = (number: number): string => {
    const session = {
      id: randomBytes(16).toString('base64url'),
      iss: source.issuer,
      sub: `user-${number}`,
      startedAt,
      expiresAt: startedAt + 86_400,
      person: {
        user: 'anna',
        roles,
        email: 'anna@example.com',
        name: 'Anna Ahrens',
        username: 'anna',
        groups: ['staff', 'operations'],
      },
    };
    return store
      .save(session, [])
      .map((line) => line.slice(0, line.indexOf(';')))
      .join('; ');
  };
  return Array.from({ length: count }, (_, number) => buildCookies(number));
}
