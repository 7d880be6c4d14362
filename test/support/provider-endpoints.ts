import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createClientCheck } from './provider-clients.ts';
import { Complaint } from './provider-complaint.ts';
import { buildKeySet, encrypt, type Signing, sign } from './provider-keys.ts';
import type {
  Answer,
  Behaviour,
  Endpoint,
  Json,
  ProviderRequest,
  ProviderSetup,
  ProviderUser,
  TokenWish,
} from './provider-types.ts';

interface Grant {
  readonly user: ProviderUser;
  readonly redirectUri: string;
  /** null where the request had none. */
  readonly challenge: string | null;
  readonly nonce: string | null;
  readonly scope: string;
  readonly resources: readonly string[];
  /** What max_age and acr_values asked for. */
  readonly proof: Json;
}

/** All refresh tokens of one sign-in. */
interface Family {
  readonly grant: Grant;
  revoked: boolean;
}

const defaultUser: ProviderUser = {
  sub: 'user-1',
  claims: { name: 'Demo User', preferred_username: 'demo', email: 'demo@example.com', email_verified: true },
};

/** What one provider is at the moment; shared by its server and its endpoints. */
export interface ProviderState {
  issuer: string;
  /** Of the port that asks for certificates. */
  mutualIssuer?: string;
  generation: number;
  behaviour: { [K in keyof Behaviour]?: Behaviour[K] | undefined };
  /** Access tokens that were issued, and for whom. */
  readonly tokens: Map<string, { readonly user: ProviderUser; readonly clientId: string; readonly scope?: string }>;
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
  const checkClient = createClientCheck({ setup, clientId, methods, now, issuer: () => state.issuer });
  const pushed = new Map<string, URLSearchParams>();
  const codes = new Map<string, Grant>();
  const refreshTokens = new Map<string, { readonly family: Family; used: boolean }>();
  const { tokens } = state;

  function answerDiscovery(): unknown {
    const below = state.issuer.endsWith('/') ? state.issuer.slice(0, -1) : state.issuer;
    const at = (name: Endpoint): string => {
      const path = setup.paths?.[name];
      return path === undefined ? `${below}/${name}` : new URL(path, state.issuer).href;
    };
    const document: Json = {
      issuer: state.issuer,
      authorization_endpoint: at('authorize'),
      token_endpoint: at('token'),
      userinfo_endpoint: at('userinfo'),
      jwks_uri: at('jwks'),
      end_session_endpoint: at('end_session'),
      introspection_endpoint: at('introspect'),
      response_types_supported: ['code id_token', 'code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['none', 'RS256', 'ES256', 'EdDSA'],
      token_endpoint_auth_methods_supported: methods,
      code_challenge_methods_supported: ['S256'],
      scopes_supported: setup.scopes ?? ['openid', 'profile', 'email', 'groups'],
      pushed_authorization_request_endpoint: at('par'),
      ...(setup.requirePar === true ? { require_pushed_authorization_requests: true } : {}),
      ...(state.mutualIssuer === undefined ? {} : { mtls_endpoint_aliases: buildAliases(state.mutualIssuer) }),
    };
    return change(document, state.behaviour.discovery);
  }

  function checkRequest(query: URLSearchParams): void {
    const need = (name: string, wanted: string): void => {
      if (query.get(name) !== wanted) throw new Complaint(400, 'invalid_request', `${name} must be ${wanted}`);
    };
    need('client_id', clientId);
    need('response_type', 'code');
    if (setup.pkce !== false) need('code_challenge_method', 'S256');
    const redirectUri = query.get('redirect_uri') ?? '';
    if (redirectUri === '' || (setup.redirectUris !== undefined && !setup.redirectUris.includes(redirectUri))) {
      throw new Complaint(400, 'invalid_request', 'redirect_uri is not registered');
    }
    const scope = query.get('scope') ?? '';
    for (const name of ['state', 'nonce']) {
      if ((query.get(name) ?? '').length < (setup.leastRandomness ?? 0)) {
        throw new Complaint(400, 'invalid_state', `${name} is too short`);
      }
    }
    if (!scope.split(' ').includes('openid')) throw new Complaint(400, 'invalid_scope', 'scope must hold openid');
    for (const name of new Set(query.keys())) {
      if (name !== 'resource' && query.getAll(name).length > 1) {
        throw new Complaint(400, 'invalid_request', `${name} is repeated`);
      }
    }
  }

  async function answerPar(request: ProviderRequest): Promise<Answer> {
    await checkClient(request);
    if (request.form.has('request_uri')) throw new Complaint(400, 'invalid_request', 'request_uri');
    checkRequest(request.form);
    const reference = `urn:ietf:params:oauth:request_uri:${randomUUID()}`;
    pushed.set(reference, request.form);
    return buildJson({ request_uri: reference, expires_in: 60 }, 201);
  }

  /** The parameters that count: those that were pushed, once, or those of the address. */
  function findRequest(query: URLSearchParams): URLSearchParams {
    const reference = query.get('request_uri');
    if (reference === null) {
      if (setup.requirePar === true) throw new Complaint(400, 'invalid_request', 'requests must be pushed');
      checkRequest(query);
      return query;
    }
    const found = pushed.get(reference);
    const names = [...query.keys()].filter((name) => !['client_id', 'request_uri', 'login_hint'].includes(name));
    if (found === undefined || query.get('client_id') !== clientId || names.length > 0) {
      throw new Complaint(400, 'invalid_request_uri', `unknown request_uri, or parameters beside it: ${names.join()}`);
    }
    pushed.delete(reference);
    return found;
  }

  function answerAuthorize(address: URLSearchParams): Answer {
    const query = findRequest(address);
    const redirectUri = query.get('redirect_uri') ?? '';
    const refused =
      query
        .get('scope')
        ?.split(' ')
        .filter((scope) => setup.scopes?.includes(scope) === false) ?? [];
    if (refused.length > 0) {
      const location = new URL(redirectUri);
      location.searchParams.set('error', 'invalid_scope');
      location.searchParams.set('error_description', `Unrecognized scope(s) ${refused.join()}`);
      location.searchParams.set('state', query.get('state') ?? '');
      return { status: 302, headers: { location: location.href }, body: '' };
    }
    const wanted = state.behaviour.user ?? address.get('login_hint') ?? undefined;
    const user = users.find((one) => one.sub === wanted) ?? users[0] ?? defaultUser;
    const code = randomUUID();
    const [acr] = query.get('acr_values')?.split(' ') ?? [];
    codes.set(code, {
      user,
      redirectUri,
      challenge: query.get('code_challenge'),
      nonce: query.get('nonce'),
      scope: query.get('scope') ?? '',
      resources: query.getAll('resource'),
      proof: {
        ...(query.has('max_age') ? { auth_time: Math.floor(now() / 1000) } : {}),
        ...(acr === undefined ? {} : { acr }),
      },
    });
    const parameters = new URLSearchParams({ code, state: query.get('state') ?? '' });
    const changed = change(parameters, state.behaviour.authorizationResponse) as URLSearchParams;
    if (query.get('response_mode') === 'form_post') return buildFormPost(redirectUri, changed);
    const location = new URL(redirectUri);
    for (const [name, value] of changed) location.searchParams.append(name, value);
    return { status: 302, headers: { location: location.href }, body: '' };
  }

  async function answerToken(request: ProviderRequest): Promise<unknown> {
    await checkClient(request);
    const { form } = request;
    if (form.get('grant_type') === 'refresh_token') return await answerRefresh(form);
    if (form.get('grant_type') !== 'authorization_code') throw new Complaint(400, 'unsupported_grant_type', 'no');
    const code = form.get('code') ?? '';
    const grant = codes.get(code) ?? refuseCode('unknown code');
    codes.delete(code);
    if (form.get('redirect_uri') !== grant.redirectUri) refuseCode('another redirect_uri');
    const verifier = form.get('code_verifier');
    const challenge = verifier === null ? null : createHash('sha256').update(verifier).digest('base64url');
    if (challenge !== grant.challenge) refuseCode('wrong code_verifier');
    if (!form.getAll('resource').every((one) => grant.resources.includes(one))) {
      throw new Complaint(400, 'invalid_target', 'a resource that was not granted');
    }
    const family: Family = { grant, revoked: false };
    return change((await buildTokens(grant, family)) as Json, state.behaviour.tokenResponse);
  }

  function limitClaims(claims: Json, scope: string): Json {
    const isOpen = ([name]: [string, unknown]): boolean =>
      scope.split(' ').includes(setup.claimScopes?.[name] ?? 'openid');
    return Object.fromEntries(Object.entries(claims).filter(isOpen));
  }

  /** RFC 9700, section 4.14.2: a refresh token that comes a second time ends the whole family. */
  async function answerRefresh(form: URLSearchParams): Promise<unknown> {
    const { refuseRefresh, refreshResponse } = state.behaviour;
    if (refuseRefresh !== undefined) throw new Complaint(400, refuseRefresh, 'as the test wants it');
    const known = refreshTokens.get(form.get('refresh_token') ?? '');
    if (known === undefined || known.family.revoked) return refuseCode('unknown refresh token');
    if (known.used && setup.refreshTokens === 'rotate') {
      known.family.revoked = true;
      return refuseCode('refresh token was used before');
    }
    known.used = true;
    const body = (await buildTokens({ ...known.family.grant, nonce: null }, known.family)) as Json;
    if (setup.refreshTokens === 'keep') delete body['refresh_token'];
    return change(body, refreshResponse);
  }

  async function buildTokens({ user: person, nonce, scope, proof }: Grant, family: Family): Promise<unknown> {
    const user = { ...person, claims: { ...person.claims, ...state.behaviour.claims } };
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
    tokens.set(accessToken, { user, clientId, scope });
    const personal = limitClaims({ ...user.claims, ...user.idToken }, scope);
    const idToken = await token(
      { ...common, ...(nonce === null ? {} : { nonce }), ...proof, ...personal },
      { typ: 'JWT' },
      state.behaviour.idToken,
      state.behaviour.sign,
      accessToken,
    );
    const body: Json = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: lifetime,
      id_token: await encrypt(idToken, state.behaviour.encrypt),
      scope,
    };
    if (setup.refreshTokens !== undefined) {
      const refreshToken = `refresh-${randomUUID()}`;
      refreshTokens.set(refreshToken, { family, used: false });
      body['refresh_token'] = refreshToken;
    }
    return body;
  }

  async function answerUserinfo(headers: IncomingMessage['headers']): Promise<Answer> {
    const known = tokens.get((headers.authorization ?? '').replace(/^Bearer /, ''));
    if (known === undefined) throw new Complaint(401, 'invalid_token', 'unknown access token');
    const { user, scope } = known;
    const personal = { ...user.claims, ...user.userinfo };
    const claims = change(
      { sub: user.sub, ...(scope === undefined ? personal : limitClaims(personal, scope)) },
      state.behaviour.userinfo,
    );
    if (state.behaviour.signUserinfo === undefined) return buildJson(claims);
    const body = await sign(
      { iss: state.issuer, aud: clientId, ...(claims as Json) },
      {},
      { signing: state.behaviour.signUserinfo, generation: state.generation, clientSecret },
    );
    const type = { 'content-type': 'application/jwt' };
    return { status: 200, headers: type, body: await encrypt(body, state.behaviour.encryptUserinfo) };
  }

  async function answerIntrospection(request: ProviderRequest): Promise<unknown> {
    await checkClient(request);
    const known = tokens.get(request.form.get('token') ?? '');
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
        return buildJson(await answerToken(request));
      case 'par':
        return await answerPar(request);
      case 'userinfo':
        return await answerUserinfo(request.headers);
      case 'introspect':
        return buildJson(await answerIntrospection(request));
      case 'revoke':
        await checkClient(request);
        return { status: 200, headers: {}, body: '' };
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

function refuseCode(why: string): never {
  throw new Complaint(400, 'invalid_grant', why);
}

function buildAliases(at: string): Json {
  return {
    token_endpoint: `${at}/token`,
    userinfo_endpoint: `${at}/userinfo`,
    pushed_authorization_request_endpoint: `${at}/par`,
  };
}

/** The page that posts itself; here only its fields count. */
function buildFormPost(action: string, fields: URLSearchParams): Answer {
  const inputs = [...fields].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  const body = `<form method="post" action="${action}">${inputs.join('')}</form>`;
  return { status: 200, headers: { 'content-type': 'text/html' }, body };
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
