import { findAuthMethod } from '../oidc/client-auth.ts';
import type { ProviderOptions } from '../oidc/provider.ts';
import { createVoice, type Finding, quoteList } from './finding.ts';

/** What the settings want of a provider. */
export interface Wanted
  extends Pick<ProviderOptions, 'scopes' | 'idTokenAlgs' | 'tokenAuthMethod' | 'request' | 'userinfo'> {
  readonly hasSecret: boolean;
  /** Claims that decide or are told to the application, each with its setting. */
  readonly claims: readonly { readonly setting: string; readonly claim: string }[];
  /** Roles come from userinfo alone. */
  readonly needsUserinfo: boolean;
  readonly needsRefresh: boolean;
  /** Where the provider says that a session has ended. */
  readonly backchannelUrl: string;
}

type Document = Readonly<Record<string, unknown>>;

const voice = createVoice('announced');

/** The discovery document, with the endpoints that count, against what the settings want. */
export function judgeAnnounced(document: Document, wanted: Wanted): readonly Finding[] {
  return [
    ...judgeFlow(document, wanted),
    ...judgeMethods(document, wanted),
    ...judgeScopes(document, wanted),
    ...judgeClaims(document, wanted),
    ...judgeEndpoints(document, wanted),
  ];
}

function judgeFlow(document: Document, { request, idTokenAlgs }: Wanted): readonly Finding[] {
  const list = (name: string) => findList(document, name);
  const found: Finding[] = [];
  const types = list('response_types_supported');
  if (types?.includes('code') === false) {
    found.push(voice.failed(`no authorization code flow: response types are ${quoteList(types)}`));
  }
  const modes = list('response_modes_supported');
  if (modes?.includes(request.responseMode) === false) {
    const sentence = `response mode ${request.responseMode} is not among ${quoteList(modes)}`;
    found.push(voice.warning(sentence, 'PROXY_OIDC_RESPONSE_MODE'));
  }
  const challenges = list('code_challenge_methods_supported');
  if (request.pkce && challenges?.includes('S256') === false) {
    const sentence = `PKCE with S256 is not among ${quoteList(challenges)}; it is sent all the same`;
    found.push(voice.warning(sentence, 'PROXY_OIDC_PKCE'));
  } else if (!request.pkce && challenges?.includes('S256') === true) {
    found.push(voice.warning('PKCE with S256 is offered and switched off here', 'PROXY_OIDC_PKCE'));
  } else if (request.pkce) {
    found.push(voice.ok(`PKCE with S256 is sent, and ${challenges === undefined ? 'not mentioned' : 'offered'}`));
  }
  const hasPar = typeof document['pushed_authorization_request_endpoint'] === 'string';
  if (request.par === 'required' && !hasPar) {
    found.push(voice.failed('pushed requests are required here, and there is no endpoint for them', 'PROXY_OIDC_PAR'));
  }
  if (request.par === 'off' && document['require_pushed_authorization_requests'] === true) {
    found.push(voice.failed('the provider demands pushed requests, which are switched off here', 'PROXY_OIDC_PAR'));
  }
  const algs = list('id_token_signing_alg_values_supported');
  if (algs !== undefined) {
    const common = idTokenAlgs.filter((alg) => algs.includes(alg));
    found.push(
      common.length > 0
        ? voice.ok(`ID tokens signed with ${common.join(', ')} are offered and accepted`)
        : voice.failed(
            `ID tokens are signed with ${quoteList(algs)}; accepted is ${idTokenAlgs.join(', ')}`,
            'PROXY_OIDC_ID_TOKEN_ALGS',
          ),
    );
  }
  const classes = list('acr_values_supported');
  const asked = request.acrValues?.split(' ');
  if (asked !== undefined && classes !== undefined && !asked.some((acr) => classes.includes(acr))) {
    const sentence = `none of the wanted acr values is among ${quoteList(classes)}`;
    found.push(voice.warning(sentence, 'PROXY_OIDC_ACR_VALUES'));
  }
  return found;
}

function judgeMethods(document: Document, { tokenAuthMethod, hasSecret }: Wanted): readonly Finding[] {
  const announced = findList(document, 'token_endpoint_auth_methods_supported');
  const method = findAuthMethod(tokenAuthMethod, announced, hasSecret);
  // Servers that need the last two have no name for them.
  const name = method === 'client_secret_basic_raw' ? 'client_secret_basic' : method;
  if (announced === undefined || name === 'query') return [voice.ok(`the client authenticates by ${method}`)];
  if (announced.includes(name)) return [voice.ok(`the client authenticates by ${method}, which is offered`)];
  if (method === 'none') {
    const sentence = `public clients are not mentioned (${quoteList(announced)}), and there is no secret here`;
    return [voice.warning(sentence, 'PROXY_OIDC_CLIENT_SECRET')];
  }
  const sentence = `the client authenticates by ${method}, which is not among ${quoteList(announced)}`;
  return [voice.warning(sentence, 'PROXY_OIDC_TOKEN_AUTH_METHOD')];
}

function judgeScopes(document: Document, { scopes, claims, needsRefresh }: Wanted): readonly Finding[] {
  const announced = findList(document, 'scopes_supported');
  if (announced === undefined) return [voice.notTested('the provider does not list its scopes')];
  const found: Finding[] = [];
  // Scopes with a colon or a slash belong to an API or a product, and few documents list those.
  const missing = scopes.filter((scope) => !/[:/]/.test(scope) && !announced.includes(scope));
  if (missing.length > 0) {
    found.push(voice.warning(`scopes that the provider does not list: ${missing.join(', ')}`, 'PROXY_OIDC_SCOPES'));
  }
  const names = new Set(claims.map(({ claim }) => claim));
  const useful = [...names].filter((name) => announced.includes(name) && !scopes.includes(name));
  if (useful.length > 0) {
    const sentence = `the provider has scopes named like claims that are wanted, and they are not asked for: ${useful.join(', ')}`;
    found.push(voice.warning(sentence, 'PROXY_OIDC_SCOPES'));
  }
  if (needsRefresh && announced.includes('offline_access') && !scopes.includes('offline_access')) {
    const sentence = 'a refresh token is required; this provider has the scope offline_access, which is not asked for';
    found.push(voice.warning(sentence, 'PROXY_OIDC_SCOPES'));
  }
  return found.length > 0 ? found : [voice.ok(`scopes ${scopes.join(' ')} are offered`)];
}

function judgeClaims(document: Document, { claims }: Wanted): readonly Finding[] {
  const announced = findList(document, 'claims_supported');
  const unknown = claims.filter(
    ({ claim }) => announced?.includes(claim) !== true && announced?.includes(findRoot(claim)) !== true,
  );
  if (unknown.length === 0) return [voice.ok('the provider lists every claim that is wanted')];
  // Few providers list those of their own making.
  const names = unknown.map(({ claim }) => claim).join(', ');
  const sentence = `whether the provider sends ${names} shows at a sign-in; it does not list ${unknown.length === 1 ? 'it' : 'them'}`;
  return [voice.notTested(sentence, ...new Set(unknown.map(({ setting }) => setting)))];
}

/** First name of a claim path, as `a.b` or `/a/b`. */
function findRoot(claim: string): string {
  if (claim.startsWith('/')) return (claim.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
  return claim.split('.', 1)[0] ?? claim;
}

function judgeEndpoints(document: Document, wanted: Wanted): readonly Finding[] {
  const found: Finding[] = [];
  const has = (name: string): boolean => typeof document[name] === 'string' && document[name] !== '';
  if (!has('userinfo_endpoint') && (wanted.userinfo === 'required' || wanted.needsUserinfo)) {
    const sentence = 'userinfo is needed, and the provider has no userinfo endpoint';
    found.push(voice.failed(sentence, 'PROXY_OIDC_USERINFO', 'PROXY_OIDC_USERINFO_URL'));
  }
  found.push(
    voice.ok(
      has('end_session_endpoint')
        ? 'sign-out reaches the provider'
        : 'sign-out ends here; the provider has no end-session endpoint, and whoever is signed in there comes back without a password',
    ),
  );
  if (document['backchannel_logout_supported'] === true) {
    found.push(voice.ok(`back-channel logout is offered; register ${wanted.backchannelUrl} for it`));
  }
  const grants = findList(document, 'grant_types_supported');
  if (wanted.needsRefresh && grants?.includes('refresh_token') === false) {
    const sentence = 'refresh tokens are required here, and the provider does not offer the grant';
    found.push(voice.warning(sentence, 'PROXY_OIDC_REFRESH'));
  }
  return found;
}

function findList(document: Document, name: string): readonly string[] | undefined {
  const value = document[name];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined;
}
