import { buildRefusal } from '../errors.ts';
import { createProviderHttp } from '../oidc/fetch.ts';
import type { Provider, ProviderOptions } from '../oidc/provider.ts';
import { createVoice, type Finding } from './finding.ts';
import { loadFindings } from './guard.ts';
import { judgeAuthorization } from './judge-authorization.ts';
import { judgeClock } from './judge-clock.ts';
import { judgeTemplateRefusal } from './judge-template.ts';
import { buildUnreachable, createRecorder, type Recorder } from './provider-http.ts';

export interface TemplateProbe {
  readonly options: ProviderOptions;
  /** The provider as the product has it; closed by whoever made it. */
  readonly provider: Provider;
}

/** Asks a provider that speaks OAuth 2.0 in its own way for what can be asked without a person. */
export async function probeTemplate(probe: TemplateProbe): Promise<readonly Finding[]> {
  const { options } = probe;
  const recorder = createRecorder(options.now, createProviderHttp({ timeoutMs: options.timeoutMs, tls: options.tls }));
  const found = [
    await loadFindings('sign-in', () => probeSignIn(probe, recorder)),
    await loadFindings('client', () => probeCode(probe)),
  ];
  recorder.http.close();
  return [...found.flat(), judgeClock(recorder.offsets)];
}

function buildAttempt({ clientProof: { randomBytes } }: ProviderOptions) {
  const random = () => randomBytes(32).toString('base64url');
  return { state: random(), nonce: random(), codeVerifier: random() };
}

async function probeSignIn({ options, provider }: TemplateProbe, { http }: Recorder): Promise<readonly Finding[]> {
  const voice = createVoice('sign-in');
  let url: URL;
  try {
    url = await provider.loadAuthorizationUrl(buildAttempt(options));
  } catch (error) {
    return [voice.failed(buildRefusal(error).detail, 'PROXY_OIDC_TEMPLATE')];
  }
  const call = { what: 'the authorization address', malformed: 'idp_error' as const, headers: { accept: 'text/html' } };
  try {
    const facts = { redirectUri: new URL(options.redirectUri).href, pkce: true };
    return [judgeAuthorization(await http.load(url.href, call), url, facts)];
  } catch (error) {
    const at = new URL(url.origin);
    return [buildUnreachable(voice, error, { at, settings: ['PROXY_OIDC_TEMPLATE'], caSetting: 'PROXY_OIDC_CA_FILE' })];
  }
}

async function probeCode({ options, provider }: TemplateProbe): Promise<readonly Finding[]> {
  const attempt = buildAttempt(options);
  const code = `claimgate-doctor-${options.clientProof.randomBytes(16).toString('hex')}`;
  try {
    await provider.redeem(new URLSearchParams({ code, state: attempt.state }), attempt);
  } catch (error) {
    return [judgeTemplateRefusal(buildRefusal(error))];
  }
  return [createVoice('client').notTested('could not be told: a code that cannot exist was taken')];
}
