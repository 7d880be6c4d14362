import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { type Context, Provider } from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';
import { close, listen, readForm } from './net.ts';
import { buildErrorPage, buildLoggedOutPage, buildLoginPage, buildLogoutPage } from './provider-pages.ts';
import { type DemoUser, demoUsers, findDemoUser } from './users.ts';

const scopes = 'openid profile email';
const hour = 3600;

/** A running provider. */
export interface DemoProvider {
  readonly issuer: string;
  stop(): Promise<void>;
}

interface ProviderOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly client: { readonly id: string; readonly secret: string; readonly publicUrl: string };
}

function buildClaims(user: DemoUser): Record<string, unknown> {
  const { login, name, email, groups, role } = user;
  return {
    preferred_username: login,
    name,
    email,
    email_verified: true,
    groups,
    ...(role === undefined ? {} : { opencloud_role: role }),
  };
}

async function loadGrant(ctx: Context) {
  const { client, session, provider } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const grant = known === undefined ? undefined : await provider.Grant.find(known);
  if (grant !== undefined) return grant;
  // Nobody is asked for consent: provider and application belong to one house here.
  const fresh = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  fresh.addOIDCScope(scopes);
  fresh.addResourceScope('urn:demo', scopes);
  await fresh.save();
  return fresh;
}

/** Settings of oidc-provider: one confidential client with PKCE, and access tokens that are JWTs with the role in them. */
function buildConfiguration(client: ProviderOptions['client'], jwk: Record<string, unknown>): Record<string, unknown> {
  return {
    adapter: createMemoryAdapter(),
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        client_name: 'Legacy application',
        redirect_uris: [`${client.publicUrl}/oauth2/callback`],
        post_logout_redirect_uris: [client.publicUrl, `${client.publicUrl}/`, `${client.publicUrl}/oauth2/signed_out`],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: {
      openid: ['sub', 'opencloud_role', 'groups'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    ttl: {
      AccessToken: hour,
      AuthorizationCode: 60,
      IdToken: hour,
      Grant: 14 * 24 * hour,
      Interaction: hour,
      Session: 14 * 24 * hour,
      RefreshToken: 24 * hour,
    },
    findAccount: (_ctx: unknown, login: string) => {
      const user = findDemoUser(login);
      return user && { accountId: login, claims: () => ({ sub: login, ...buildClaims(user) }) };
    },
    loadExistingGrant: loadGrant,
    extraTokenClaims: (_ctx: unknown, token: { accountId: string }) => {
      const user = findDemoUser(token.accountId);
      return user && buildClaims(user);
    },
    interactions: { url: (_ctx: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:demo',
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: scopes,
          audience: client.id,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx: Context, form: string) => {
          ctx.body = buildLogoutPage(form);
        },
        postLogoutSuccessSource: (ctx: Context) => {
          ctx.body = buildLoggedOutPage();
        },
      },
    },
    renderError: (ctx: Context, out: { error: string; error_description?: string }) => {
      ctx.type = 'html';
      ctx.body = buildErrorPage(out.error, out.error_description ?? 'The provider could not go on.');
    },
  };
}

function sendPage(res: ServerResponse, status: number, page: string): void {
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  });
  res.end(page);
}

/** The sign-in page: shows it, and takes its answer. */
async function handleInteraction(provider: Provider, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { uid } = await provider.interactionDetails(req, res);
  const action = `/interaction/${uid}`;
  if (req.method !== 'POST') return sendPage(res, 200, buildLoginPage({ action, users: demoUsers }));
  const form = await readForm(req);
  if (form.get('act') === 'cancel') {
    return provider.interactionFinished(req, res, {
      error: 'access_denied',
      error_description: 'The sign-in was cancelled',
    });
  }
  const login = form.get('pick') ?? form.get('login') ?? '';
  const user = findDemoUser(login);
  if (user === undefined || (!form.has('pick') && form.get('password') !== user.password)) {
    return sendPage(res, 401, buildLoginPage({ action, users: demoUsers, login, failed: true }));
  }
  return provider.interactionFinished(req, res, { login: { accountId: user.login } });
}

/** Starts the provider. Its access tokens name an audience, which oidc-provider keeps from its own userinfo; so that endpoint is served here. */
export async function startDemoProvider(options: ProviderOptions): Promise<DemoProvider> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const server = createServer();
  const issuer = `http://127.0.0.1:${await listen(server, options.port)}`;
  const jwk = { ...(await exportJWK(privateKey)), kid: 'demo', use: 'sig', alg: 'RS256' };
  const provider = new Provider(issuer, buildConfiguration(options.client, jwk));
  provider.on('server_error', (_ctx, error) => console.error('demo provider:', error));
  const handle = provider.callback();

  async function handleUserinfo(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      const token = (req.headers.authorization ?? '').replace(/^Bearer /i, '');
      const { payload } = await jwtVerify(token, publicKey, { issuer, typ: 'at+jwt', algorithms: ['RS256'] });
      const user = findDemoUser(payload.sub ?? '');
      if (user === undefined) throw new Error('no such user');
      res.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      res.end(JSON.stringify({ sub: user.login, ...buildClaims(user) }));
    } catch {
      res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' });
      res.end();
    }
  }

  server.on('request', (req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/me') void handleUserinfo(req, res);
    else if (path.startsWith('/interaction/')) {
      handleInteraction(provider, req, res).catch(() => {
        sendPage(
          res,
          400,
          buildErrorPage('session_not_found', 'This sign-in was not started in this browser, or it is too old.'),
        );
      });
    } else void handle(req, res);
  });
  return { issuer, stop: () => close(server) };
}
