import { HMAC_ALGORITHMS, SIGNING_ALGORITHMS } from './algorithms.ts';
import { buildDiscoveryUrl } from './discovery.ts';
import { isAllowedUrl } from './metadata.ts';

interface CheckedOptions {
  readonly issuer?: string;
  readonly discoveryUrl?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly idTokenAlgs: readonly string[];
  readonly redirectUri: string;
  readonly allowHttp: boolean;
}

/** The discovery URL, when everything fits together. Throws Error otherwise. */
export function checkOptions(options: CheckedOptions): string {
  const { issuer, discoveryUrl, metadata, idTokenAlgs, allowHttp } = options;
  const url = discoveryUrl ?? (issuer === undefined ? '' : buildDiscoveryUrl(issuer));
  if (url === '' && metadata === undefined) throw new Error('a provider needs an issuer or a discovery URL');
  if (url !== '' && !isAllowedUrl(url, allowHttp))
    throw new Error('the issuer must be an https URL, or http on a loopback host');
  if (idTokenAlgs.length === 0) throw new Error('at least one ID token algorithm must be allowed');
  const family = HMAC_ALGORITHMS.includes(idTokenAlgs[0] ?? '') ? HMAC_ALGORITHMS : SIGNING_ALGORITHMS;
  const foreign = idTokenAlgs.find((alg) => !family.includes(alg));
  if (foreign !== undefined) throw new Error(`the ID token algorithm ${foreign} is not supported beside the others`);
  const redirect = new URL(options.redirectUri);
  if (redirect.search !== '' || redirect.hash !== '') throw new Error('the redirect URI may have no query or fragment');
  return url;
}
