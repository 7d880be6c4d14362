import { Refusal } from '../errors.ts';
import { buildSignInUrl } from '../oidc/authorize.ts';
import { createClient } from '../oidc/client.ts';
import { findAuthMethod } from '../oidc/client-auth.ts';
import type { Metadata } from '../oidc/metadata.ts';
import { needsPar } from '../oidc/par.ts';
import type { ProviderOptions } from '../oidc/provider.ts';
import { type Attempt, buildRequest } from '../oidc/request.ts';
import { createVoice, type Finding } from './finding.ts';
import { judgeAuthorization, judgePushed } from './judge-authorization.ts';
import { type ClientFacts, findRefusedPush, judgeClient } from './judge-client.ts';
import { buildUnreachable, createRecorder, type Recorder } from './provider-http.ts';

export interface ClientProbe {
  readonly options: ProviderOptions;
  readonly metadata: Metadata;
  readonly recorder: Recorder;
  /** False where the issuer is not the configured one: the product would send no secret there, nor does this. */
  readonly isSure: boolean;
}

const caSetting = 'PROXY_OIDC_CA_FILE';
const ignore = (): void => undefined;

function buildAttempt({ clientProof: { randomBytes } }: ProviderOptions): Attempt {
  const random = () => randomBytes(32).toString('base64url');
  return { state: random(), nonce: random(), codeVerifier: random() };
}

function buildFacts({ options, metadata }: ClientProbe): ClientFacts {
  const announced = metadata.tokenAuthMethods;
  const hasSecret = (options.clientSecret() ?? '') !== '';
  return {
    method: findAuthMethod(options.tokenAuthMethod, announced, hasSecret),
    announced,
    redirectUri: options.redirectUri,
  };
}

/** The client as the product has it, but that a secret which changes meanwhile makes no second request. */
function createOwnClient({ options }: ClientProbe, { http }: Recorder): ReturnType<typeof createClient> {
  const secret = options.clientSecret();
  return createClient({
    ...options,
    clientSecret: () => secret,
    proof: options.clientProof,
    http,
    log: ignore,
  });
}

/** Begins a sign-in as a browser would, and follows nothing. */
export async function probeAuthorization(probe: ClientProbe): Promise<readonly Finding[]> {
  const { options, metadata, isSure } = probe;
  const recorder = createRecorder(options.now, probe.recorder.http);
  const voice = createVoice('sign-in');
  const { clientId, allowHttp, request } = options;
  const redirectUri = new URL(options.redirectUri).href;
  const facts = { redirectUri, pkce: request.pkce };
  const scopes = options.scopes.includes('openid') ? options.scopes : ['openid', ...options.scopes];
  const attempt = buildAttempt(options);
  const parameters = await buildRequest({ attempt, extra: {}, metadata, redirectUri, scopes }, request);
  let url = buildSignInUrl({ metadata, clientId, allowHttp }, parameters);
  if (needsPar(request.par, metadata)) {
    if (!isSure) return [voice.notTested('needs the right issuer, before a secret is sent anywhere')];
    try {
      url = await createOwnClient(probe, recorder).push(metadata, parameters);
    } catch (error) {
      const answer = recorder.findLast();
      if (answer !== undefined) return [findRefusedPush(answer, buildFacts(probe)) ?? judgePushed(answer, facts)];
      return [describeNoAnswer(error, metadata.parEndpoint ?? metadata.tokenEndpoint, ['PROXY_OIDC_PAR'])];
    }
  }
  try {
    const answer = await recorder.http.load(url.href, {
      what: 'the authorization endpoint',
      malformed: 'idp_error',
      headers: { accept: 'text/html', 'accept-language': 'en', 'user-agent': 'Mozilla/5.0 (claimgate doctor)' },
    });
    return [judgeAuthorization(answer, url, facts)];
  } catch (error) {
    const settings = ['PROXY_OIDC_AUTHORIZATION_URL'];
    return [buildUnreachable(voice, error, { at: new URL(metadata.authorizationEndpoint), settings, caSetting })];
  }
}

/** Redeems a code that cannot exist: one request, by the way the client authenticates. */
export async function probeClient(probe: ClientProbe): Promise<readonly Finding[]> {
  const { options, metadata, isSure } = probe;
  const recorder = createRecorder(options.now, probe.recorder.http);
  const voice = createVoice('client');
  if (!isSure) return [voice.notTested('needs the right issuer, before a secret is sent anywhere')];
  const { state, codeVerifier } = buildAttempt(options);
  const code = `claimgate-doctor-${options.clientProof.randomBytes(16).toString('hex')}`;
  const exchange = {
    redirectUri: new URL(options.redirectUri).href,
    parameters: new URLSearchParams({ code, state, ...(metadata.sendsIss ? { iss: metadata.issuer } : {}) }),
    state,
    ...(options.request.pkce ? { codeVerifier } : {}),
    resources: options.request.extra.filter(([name]) => name === 'resource').map(([, value]) => value),
    now: options.now(),
  };
  try {
    await createOwnClient(probe, recorder).redeem(metadata, exchange);
  } catch (error) {
    const answer = recorder.findLast();
    if (answer === undefined) return [describeNoAnswer(error, metadata.tokenEndpoint, ['PROXY_OIDC_TOKEN_URL'])];
    return [judgeClient(answer, buildFacts(probe))];
  }
  return [voice.notTested('could not be told: the token endpoint took a code that cannot exist')];
}

function describeNoAnswer(error: unknown, endpoint: string, settings: readonly string[]): Finding {
  const voice = createVoice('client');
  // Before anything was sent: a key or a secret that cannot be used.
  if (error instanceof Refusal && error.code === 'client_auth_failed') {
    return voice.failed(error.detail, 'PROXY_OIDC_TOKEN_AUTH_METHOD');
  }
  return buildUnreachable(voice, error, { at: new URL(endpoint), settings, caSetting });
}
