import { buildRefusal } from '../errors.ts';
import { isMutualTls } from '../oidc/client-auth.ts';
import { createProviderHttp } from '../oidc/fetch.ts';
import { buildMetadata, type Metadata, type MetadataPolicy } from '../oidc/metadata.ts';
import { checkOptions } from '../oidc/options.ts';
import { overlayEndpoints } from '../oidc/overlay.ts';
import type { ProviderOptions } from '../oidc/provider.ts';
import { usesSecret } from '../oidc/secret-keys.ts';
import { createVoice, type Finding } from './finding.ts';
import { loadFindings } from './guard.ts';
import { judgeAnnounced, type Wanted } from './judge-announced.ts';
import { judgeClock } from './judge-clock.ts';
import { judgeDiscovery } from './judge-discovery.ts';
import { judgeIssuer } from './judge-issuer.ts';
import { judgeKeys } from './judge-keys.ts';
import { probeAuthorization, probeClient } from './probe-client.ts';
import { buildUnreachable, createRecorder, type Recorder } from './provider-http.ts';

export interface ProviderProbe {
  /** As the product has them. */
  readonly options: ProviderOptions;
  readonly wanted: Wanted;
  /** False where every request brings an access token. */
  readonly signsIn: boolean;
}

const longestMs = 10_000;
const caSetting = 'PROXY_OIDC_CA_FILE';
const discoverySetting = (options: ProviderOptions): string =>
  options.discoveryUrl === undefined ? 'PROXY_OIDC_ISSUER' : 'PROXY_OIDC_DISCOVERY_URL';

/** Asks the provider all that a sign-in, or a bearer token, would need of it. */
export async function probeProvider({ options, wanted, signsIn }: ProviderProbe): Promise<readonly Finding[]> {
  const timeoutMs = Math.min(options.timeoutMs, longestMs);
  const { client: _, ...tls } = options.tls;
  const offsets: number[] = [];
  const http = createRecorder(options.now, createProviderHttp({ timeoutMs, tls }), offsets);
  // The certificate is shown only where the client must prove who it is.
  const clientHttp = isMutualTls(options.tokenAuthMethod)
    ? createRecorder(options.now, createProviderHttp({ timeoutMs, tls: options.tls }), offsets)
    : http;
  try {
    const findings: Finding[] = [];
    const later = [...(signsIn ? ['sign-in'] : []), ...(options.clientId === '' ? [] : ['client'])];
    const document = await loadDocument(options, http, findings);
    if (document === undefined) return [...findings, ...listUntested(['issuer', 'keys', ...later])];
    const { metadata, isSure } = judgeMetadata(document, options, findings);
    if (signsIn)
      findings.push(...judgeAnnounced(overlayEndpoints(document, options.endpoints ?? {}, undefined), wanted));
    findings.push(...(await loadFindings('keys', () => probeKeys(options, metadata, http))));
    if (metadata === undefined) return [...findings, ...listUntested(later)];
    const parts = { options, metadata, recorder: clientHttp, isSure };
    if (signsIn) findings.push(...(await loadFindings('sign-in', () => probeAuthorization(parts))));
    if (options.clientId !== '') findings.push(...(await loadFindings('client', () => probeClient(parts))));
    return [...findings, judgeClock(offsets)];
  } finally {
    http.http.close();
    clientHttp.http.close();
  }
}

function listUntested(probes: readonly string[]): readonly Finding[] {
  return probes.map((probe) => createVoice(probe).notTested('needs the discovery document'));
}

type Document = Readonly<Record<string, unknown>>;

/** The document as it came, or as it was written down. */
async function loadDocument(
  options: ProviderOptions,
  { http }: Recorder,
  findings: Finding[],
): Promise<Document | undefined> {
  const voice = createVoice('discovery');
  if (options.metadata !== undefined) {
    findings.push(voice.ok('the document was written down in PROXY_OIDC_METADATA; nobody is asked'));
    return options.metadata;
  }
  const at = new URL(checkOptions(options));
  const settings = [discoverySetting(options)];
  try {
    const began = options.now();
    const answer = await http.load(at.href, { what: 'discovery', malformed: 'idp_unreachable' });
    const judged = judgeDiscovery(answer, at, settings);
    if ('finding' in judged) {
      findings.push(judged.finding);
      return undefined;
    }
    findings.push(voice.ok(`${at.host} answered after ${options.now() - began} ms`));
    return judged.document;
  } catch (error) {
    findings.push(buildUnreachable(voice, error, { at, settings, caSetting }));
    return undefined;
  }
}

/** What the product makes of the document; with another issuer only for what holds no secret (`isSure` false). */
function judgeMetadata(
  document: Document,
  options: ProviderOptions,
  findings: Finding[],
): { readonly metadata: Metadata | undefined; readonly isSure: boolean } {
  const { issuer, allowHttp, endpoints = {}, multiTenant = false, idTokenAlgs } = options;
  const policy: MetadataPolicy = { issuer, allowHttp, endpoints, multiTenant, withoutKeys: usesSecret(idTokenAlgs) };
  const body = JSON.stringify(document);
  const found = document['issuer'];
  try {
    const metadata = buildMetadata(body, policy);
    findings.push(judgeIssuer(metadata.issuer, metadata.issuer));
    findings.push(createVoice('endpoints').ok('all that are needed are there'));
    return { metadata, isSure: true };
  } catch (error) {
    const refusal = buildRefusal(error);
    if (refusal.code !== 'issuer_mismatch') {
      findings.push(createVoice('endpoints').failed(refusal.detail, discoverySetting(options)));
      return { metadata: undefined, isSure: false };
    }
    findings.push(
      issuer !== undefined && typeof found === 'string' && !found.includes('{')
        ? judgeIssuer(issuer, found)
        : createVoice('issuer').failed(refusal.detail, 'PROXY_OIDC_ISSUER'),
    );
    return { metadata: findMetadata(body, { ...policy, issuer: undefined, multiTenant: true }), isSure: false };
  }
}

function findMetadata(body: string, policy: MetadataPolicy): Metadata | undefined {
  try {
    return buildMetadata(body, policy);
  } catch {
    return undefined;
  }
}

async function probeKeys(
  { idTokenAlgs }: ProviderOptions,
  metadata: Metadata | undefined,
  { http }: Recorder,
): Promise<readonly Finding[]> {
  const voice = createVoice('keys');
  if (usesSecret(idTokenAlgs)) return [voice.ok('tokens are signed with the client secret; no keys are fetched')];
  if (metadata?.jwksUri === undefined) return [voice.notTested('their address is not known')];
  const at = new URL(metadata.jwksUri);
  try {
    const answer = await http.load(at.href, { what: 'the JWKS', malformed: 'idp_unreachable' });
    if (answer.status !== 200) return [voice.failed(`${at.host} gave status ${answer.status}`, 'PROXY_OIDC_JWKS_URL')];
    return [judgeKeys(answer.body, idTokenAlgs)];
  } catch (error) {
    return [buildUnreachable(voice, error, { at, settings: ['PROXY_OIDC_JWKS_URL'], caSetting })];
  }
}
