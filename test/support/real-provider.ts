import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { type Context, Provider } from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';
import { request } from 'undici';
import { DECRYPTION_ALGORITHMS } from '../../src/oidc/algorithms.ts';
import type { TestProvider } from './provider-types.ts';

/** oidc-provider, the certified one, with one client and one person who signs in without being asked. */
export interface RealProvider extends Pick<TestProvider, 'issuer' | 'clientId' | 'clientSecret' | 'signIn'> {
  close(): Promise<void>;
}

interface RealSetup {
  readonly clientSecret?: string;
  /** Metadata of the client, as in dynamic registration. */
  readonly client: Readonly<Record<string, unknown>>;
  /** Gives a refresh token, and a new one at each refresh. */
  readonly rotates?: boolean;
  /** Settings of oidc-provider over those of the test. */
  readonly features?: Readonly<Record<string, unknown>>;
}

const redirectUri = 'https://app.example/oauth2/callback';

async function loadGrant(ctx: Context) {
  const { client, session, provider } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const grant = known === undefined ? undefined : await provider.Grant.find(known);
  if (grant !== undefined) return grant;
  const fresh = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  fresh.addOIDCScope('openid profile');
  await fresh.save();
  return fresh;
}

export async function startRealProvider({ clientSecret, client, rotates, features }: RealSetup): Promise<RealProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'];
  const encryption = {
    idTokenEncryptionAlgValues: DECRYPTION_ALGORITHMS,
    userinfoEncryptionAlgValues: DECRYPTION_ALGORITHMS,
  };
  const provider = new Provider(issuer, {
    adapter: createMemoryAdapter(),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'real', use: 'sig' }] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: [
      {
        client_id: 'real-client',
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
        redirect_uris: [redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code', ...(rotates === true ? ['refresh_token'] : [])],
        ...client,
      },
    ],
    pkce: { required: () => true },
    ...(rotates === true && { issueRefreshToken: () => true, rotateRefreshToken: () => true }),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'],
    enabledJWA: {
      idTokenSigningAlgValues: algorithms,
      clientAuthSigningAlgValues: [...algorithms, 'ES384'],
      ...encryption,
    },
    ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60 },
    acrValues: ['gold', 'silver'],
    claims: { openid: ['sub', 'acr', 'auth_time'], profile: ['name'], acr: null, auth_time: null },
    conformIdTokenClaims: false,
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, name: 'Real User' }) }),
    loadExistingGrant: loadGrant,
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      encryption: { enabled: true },
      jwtUserinfo: { enabled: true },
      claimsParameter: { enabled: true },
      ...features,
    },
  });
  const handle = provider.callback();

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!(req.url ?? '').startsWith('/interaction/')) return await handle(req, res);
    await provider.interactionDetails(req, res);
    await provider.interactionFinished(req, res, { login: { accountId: 'real-user', acr: 'gold' } });
  }
  server.on('request', (req, res) => {
    answer(req, res).catch((error: unknown) => res.writeHead(500).end(String(error)));
  });

  return {
    issuer,
    clientId: 'real-client',
    clientSecret,
    async signIn(authorizationUrl) {
      const jar = new Map<string, string>();
      let url = new URL(authorizationUrl);
      for (let hop = 0; hop < 10; hop += 1) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
        const { statusCode, headers, body } = await request(url, { headers: { cookie, accept: 'text/html' } });
        const text = await body.text();
        for (const line of [headers['set-cookie'] ?? []].flat()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          jar.set(name, value);
        }
        const fields = [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
        if (text.includes(`action="${redirectUri}"`)) {
          const posted = new URL(redirectUri);
          for (const [, name = '', value = ''] of fields) posted.searchParams.append(name, value);
          return posted;
        }
        if (headers['location'] === undefined)
          throw new Error(`the provider answered ${statusCode}: ${text.slice(0, 500)}`);
        url = new URL(String(headers['location']), url);
        if (url.href.startsWith(redirectUri)) return url;
      }
      throw new Error('the provider redirects in a circle');
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
