import { buildDiscoveryUrl, createDiscovery, type Discovery } from './discovery.ts';
import type { ProviderHttp } from './fetch.ts';
import { isAllowedUrl, type Metadata } from './metadata.ts';
import type { ProviderOptions } from './provider.ts';
import type { OAuth2Template } from './template.ts';
import { scheduleUnref } from './timer.ts';

export interface TemplateEndpoints {
  /** Absent where the template names everything itself. */
  readonly discovery?: Discovery;
  /** The discovery document with the template's own addresses laid over it, or those alone. */
  load(): Promise<Metadata>;
  /** undefined before discovery. */
  findIssuer(): string | undefined;
}

/** Throws Error when an address is missing or is not an https URL. */
export function createTemplateEndpoints(
  options: ProviderOptions,
  template: OAuth2Template,
  http: ProviderHttp,
  onMetadata: (metadata: Metadata) => void,
): TemplateEndpoints {
  const { allowHttp, issuer } = options;
  const { authorization, token, profile, subjectCall, claimCalls, keys } = template;
  for (const part of [authorization, token, profile, subjectCall, keys, ...claimCalls]) {
    if (part?.url !== undefined && !isAllowedUrl(part.url, allowHttp)) {
      throw new Error(`${part.url.split('?')[0] ?? ''} is not an https URL`);
    }
  }
  const own = {
    ...(authorization.url === undefined ? {} : { authorizationEndpoint: authorization.url }),
    ...(token.url === undefined ? {} : { tokenEndpoint: token.url }),
    ...(profile?.url === undefined ? {} : { userinfoEndpoint: profile.url }),
  };
  const isComplete = authorization.url !== undefined && token.url !== undefined;
  if (options.discoveryUrl === undefined && isComplete) {
    const fixed: Metadata = {
      // The person is known by issuer and subject; without an issuer the provider is known by its origin.
      issuer: issuer ?? template.issuer ?? new URL(authorization.url).origin,
      authorizationEndpoint: authorization.url,
      tokenEndpoint: token.url,
      ...(keys.url === undefined ? {} : { jwksUri: keys.url }),
      sendsIss: false,
      ...own,
    };
    return { load: () => Promise.resolve(fixed), findIssuer: () => fixed.issuer };
  }
  const url = options.discoveryUrl ?? (issuer === undefined ? undefined : buildDiscoveryUrl(issuer));
  if (url === undefined) throw new Error('a template needs a discovery document, or authorization and token addresses');
  if (!isAllowedUrl(url, allowHttp)) throw new Error('the discovery document must be at an https URL');
  const schedule = options.schedule ?? scheduleUnref;
  const { now, log } = options;
  const discovery = createDiscovery({
    url,
    issuer,
    allowHttp,
    withoutKeys: true,
    http,
    now,
    schedule,
    log,
    onMetadata,
  });
  return {
    discovery,
    load: async () => ({ ...(await discovery.load()), ...own }),
    findIssuer: () => discovery.find()?.issuer,
  };
}
