import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buildKeySet, type Signing, sign } from './provider-keys.ts';
import type {
  Answer,
  Behaviour,
  Json,
  ProviderRequest,
  ProviderSetup,
  ProviderUser,
  TokenWish,
} from './provider-types.ts';

interface Grant {
  readonly user: ProviderUser;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | null;
  readonly scope: string;
}

const defaultUser: ProviderUser = {
  sub: 'user-1',
  claims: { name: 'Demo User', preferred_username: 'demo', email: 'demo@example.com', email_verified: true },
};

class Complaint extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}

/** What one provider is at the moment; shared by its server and its endpoints. */
export interface ProviderState {
  issuer: string;
  generation: number;
  behaviour: { [K in keyof Behaviour]?: Behaviour[K] | undefined };
  /** Access tokens that were issued, and for whom. */
  readonly tokens: Map<string, { readonly user: ProviderUser; readonly clientId: string }>;
}

/** The provider's endpoints without HTTP: a request in, an answer out. */
export function createEndpoints(
  setup: ProviderSetup,
  state: ProviderState,
): (request: ProviderRequest) => Promise<Answer> {
  const clientId = setup.clientId ?? 'app';
  const clientSecret = setup.clientSecret;
  const users = setup.users ?? [defaultUser];
  const now = setup.now ?? Date.now;
  const lifetime = setup.tokenLifetime ?? 300;
  const methods =
    setup.authMethods ?? (clientSecret === undefined ? ['none'] : ['client_secret_basic', 'client_secret_post']);
  const codes = new Map<string, Grant>();
  const { tokens } = state;

  function answerDiscovery(): unknown {
    const at = state.issuer.endsWith('/') ? state.issuer.slice(0, -1) : state.issuer;
    const document: Json = {
      issuer: state.issuer,
      authorization_endpoint: `${at}/authorize`,
      token_endpoint: `${at}/token`,
      userinfo_endpoint: `${at}/userinfo`,
      jwks_uri: `${at}/jwks`,
      end_session_endpoint: `${at}/end_session`,
      introspection_endpoint: `${at}/introspect`,
      response_types_supported: ['code id_token', 'code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['none', 'RS256', 'ES256', 'EdDSA'],
      token_endpoint_auth_methods_supported: methods,
      code_challenge_methods_supported: ['S256'],
      scopes_supported: ['openid', 'profile', 'email', 'groups'],
    };
    return change(document, state.behaviour.discovery);
  }

  function answerAuthorize(query: URLSearchParams): Answer {
    const need = (name: string, wanted: string): void => {
      if (query.get(name) !== wanted) throw new Complaint(400, 'invalid_request', `${name} must be ${wanted}`);
    };
    need('client_id', clientId);
    need('response_type', 'code');
    need('code_challenge_method', 'S256');
    const redirectUri = query.get('redirect_uri') ?? '';
    if (redirectUri === '' || (setup.redirectUris !== undefined && !setup.redirectUris.includes(redirectUri))) {
      throw new Complaint(400, 'invalid_request', 'redirect_uri is not registered');
    }
    const scope = query.get('scope') ?? '';
    if (!scope.split(' ').includes('openid')) throw new Complaint(400, 'invalid_scope', 'scope must hold openid');
    for (const name of new Set(query.keys())) {
      if (query.getAll(name).length > 1) throw new Complaint(400, 'invalid_request', `${name} is repeated`);
    }
    const wanted = state.behaviour.user ?? query.get('login_hint') ?? undefined;
    const user = users.find((one) => one.sub === wanted) ?? users[0] ?? defaultUser;
    const code = randomUUID();
    codes.set(code, {
      user,
      redirectUri,
      challenge: query.get('code_challenge') ?? '',
      nonce: query.get('nonce'),
      scope,
    });
    const parameters = new URLSearchParams({ code, state: query.get('state') ?? '' });
    const changed = change(parameters, state.behaviour.authorizationResponse) as URLSearchParams;
    const location = new URL(redirectUri);
    for (const [name, value] of changed) location.searchParams.append(name, value);
    return { status: 302, headers: { location: location.href }, body: '' };
  }

  function checkClient(headers: IncomingMessage['headers'], form: URLSearchParams): void {
    const given = headers.authorization;
    if (given !== undefined) {
      if (!methods.includes('client_secret_basic')) refuseClient('basic is not allowed');
      if (form.has('client_secret')) refuseClient('two ways of client authentication');
      const pair = Buffer.from(given.replace(/^Basic /, ''), 'base64')
        .toString()
        .split(':');
      const [id, secret] = pair.map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
      if (pair.length !== 2 || id !== clientId || secret !== clientSecret) refuseClient('wrong credentials');
      return;
    }
    if (form.get('client_id') !== clientId) refuseClient('wrong client_id');
    if (form.has('client_secret')) {
      if (!methods.includes('client_secret_post')) refuseClient('post is not allowed');
      if (form.get('client_secret') !== clientSecret) refuseClient('wrong credentials');
      return;
    }
    if (clientSecret !== undefined && !methods.includes('none')) refuseClient('no credentials');
  }

  async function answerToken(headers: IncomingMessage['headers'], form: URLSearchParams): Promise<unknown> {
    checkClient(headers, form);
    if (form.get('grant_type') !== 'authorization_code') throw new Complaint(400, 'unsupported_grant_type', 'no');
    const code = form.get('code') ?? '';
    const grant = codes.get(code) ?? refuseCode('unknown code');
    codes.delete(code);
    if (form.get('redirect_uri') !== grant.redirectUri) refuseCode('another redirect_uri');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (challenge !== grant.challenge) refuseCode('wrong code_verifier');
    return await buildTokens(grant);
  }

  async function buildTokens({ user, nonce, scope }: Grant): Promise<unknown> {
    const iat = Math.floor(now() / 1000);
    const common = { iss: state.issuer, sub: user.sub, aud: clientId, iat, exp: iat + lifetime };
    const token = async (
      claims: Json,
      header: Json,
      by: Behaviour['idToken'],
      signing: Signing = 'RS256',
      beside = '',
    ): Promise<string> => {
      const changed = by?.(claims, header, beside) ?? claims;
      return await sign(changed, header, { signing, generation: state.generation, clientSecret });
    };
    const accessToken =
      state.behaviour.accessTokenFormat === 'opaque'
        ? `opaque-${randomUUID()}`
        : await token(
            { ...common, jti: randomUUID(), scope, client_id: clientId, ...user.claims, ...user.accessToken },
            { typ: 'at+jwt' },
            state.behaviour.accessToken,
            state.behaviour.signAccessToken,
          );
    tokens.set(accessToken, { user, clientId });
    const idToken = await token(
      { ...common, ...(nonce === null ? {} : { nonce }), ...user.claims, ...user.idToken },
      { typ: 'JWT' },
      state.behaviour.idToken,
      state.behaviour.sign,
      accessToken,
    );
    const body: Json = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: lifetime,
      id_token: idToken,
      scope,
    };
    return change(body, state.behaviour.tokenResponse);
  }

  async function answerUserinfo(headers: IncomingMessage['headers']): Promise<Answer> {
    const user = tokens.get((headers.authorization ?? '').replace(/^Bearer /, ''))?.user;
    if (user === undefined) throw new Complaint(401, 'invalid_token', 'unknown access token');
    const claims = change({ sub: user.sub, ...user.claims, ...user.userinfo }, state.behaviour.userinfo);
    if (state.behaviour.signUserinfo === undefined) return buildJson(claims);
    const body = await sign(
      { iss: state.issuer, aud: clientId, ...(claims as Json) },
      {},
      { signing: state.behaviour.signUserinfo, generation: state.generation, clientSecret },
    );
    return { status: 200, headers: { 'content-type': 'application/jwt' }, body };
  }

  function answerIntrospection(headers: IncomingMessage['headers'], form: URLSearchParams): unknown {
    checkClient(headers, form);
    const known = tokens.get(form.get('token') ?? '');
    if (known === undefined) return { active: false };
    const iat = Math.floor(now() / 1000);
    const claims: Json = {
      active: true,
      token_type: 'Bearer',
      iss: state.issuer,
      sub: known.user.sub,
      client_id: known.clientId,
      exp: iat + lifetime,
    };
    return change(claims, state.behaviour.introspection);
  }

  return async function buildAnswer(request) {
    switch (request.endpoint) {
      case 'discovery':
        return buildJson(answerDiscovery());
      case 'jwks': {
        const set = await buildKeySet(state.generation);
        return buildJson(state.behaviour.jwks?.(set) ?? set);
      }
      case 'authorize':
        return answerAuthorize(request.query);
      case 'token':
        return buildJson(await answerToken(request.headers, request.form));
      case 'userinfo':
        return await answerUserinfo(request.headers);
      case 'introspect':
        return buildJson(answerIntrospection(request.headers, request.form));
      case 'end_session':
        return answerEndSession(request.query);
      default:
        throw new Complaint(404, 'not_found', request.path);
    }
  };
}

/** Access tokens without a sign-in, for tests of bearer tokens. */
export function createTokenIssuer(setup: ProviderSetup, state: ProviderState): (wish?: TokenWish) => Promise<string> {
  return async (wish = {}) => {
    const users = setup.users ?? [defaultUser];
    const user = users.find((one) => one.sub === wish.user) ?? users[0] ?? defaultUser;
    const clientId = wish.clientId ?? setup.clientId ?? 'app';
    const iat = Math.floor((setup.now ?? Date.now)() / 1000);
    const claims = {
      iss: state.issuer,
      sub: user.sub,
      aud: clientId,
      client_id: clientId,
      jti: randomUUID(),
      iat,
      exp: iat + (setup.tokenLifetime ?? 300),
      ...user.claims,
      ...user.accessToken,
      ...wish.claims,
    };
    const token =
      wish.format === 'opaque'
        ? `opaque-${randomUUID()}`
        : await sign(
            claims,
            { typ: 'at+jwt', ...wish.header },
            { signing: wish.signing ?? 'RS256', generation: state.generation, clientSecret: setup.clientSecret },
          );
    if (wish.known !== false) state.tokens.set(token, { user, clientId });
    return token;
  };
}

function change<T>(value: T, by: ((value: T) => unknown) | undefined): unknown {
  return by === undefined ? value : (by(value) ?? value);
}

function refuseClient(why: string): never {
  throw new Complaint(401, 'invalid_client', why);
}

function refuseCode(why: string): never {
  throw new Complaint(400, 'invalid_grant', why);
}

function answerEndSession(query: URLSearchParams): Answer {
  const back = query.get('post_logout_redirect_uri');
  if (back === null) return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'signed out' };
  const location = new URL(back);
  const state = query.get('state');
  if (state !== null) location.searchParams.set('state', state);
  return { status: 302, headers: { location: location.href }, body: '' };
}

export function buildJson(body: unknown, status = 200): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

export function buildError(error: unknown): Answer {
  if (!(error instanceof Complaint)) return buildJson({ error: 'server_error', error_description: String(error) }, 500);
  const answer = buildJson({ error: error.code, error_description: error.message }, error.status);
  if (error.code === 'invalid_client') answer.headers['www-authenticate'] = 'Basic realm="provider"';
  return answer;
}
