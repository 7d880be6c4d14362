import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** A provider that only has keys, and a token it signed. */
export interface Tokens {
  readonly token: string;
  /** Settings with which a subject takes the token. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const audience = 'bench-native-client';

export async function startTokens(): Promise<Tokens> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' }];
  const documents: Record<string, () => unknown> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
    }),
    '/jwks': () => ({ keys }),
  };
  const server = createServer((req, res) => {
    const document = documents[req.url ?? '']?.();
    res.writeHead(document === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = await new SignJWT({
    client_id: audience,
    preferred_username: 'anna',
    email: 'anna@example.com',
    name: 'Anna Ahrens',
    groups: ['staff', 'operations'],
    opencloud_role: 'opencloudAdmin',
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'bench', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setSubject('anna')
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
  return {
    token,
    env: { PROXY_OIDC_ISSUER: issuer, PROXY_OIDC_AUDIENCES: audience, PROXY_OIDC_USERINFO: 'off' },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
