import type { TokenAuthMethod } from './client-auth.ts';

/** What Microsoft Entra ID means by its codes: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes */
const entraCodes: ReadonlyMap<string, string> = new Map([
  ['7000215', 'the client secret is wrong; often its id was copied in place of its value'],
  ['7000222', 'the client secret has expired; make a new one at the provider'],
  ['7000218', 'the client is not public at the provider, and no secret was sent; set PROXY_OIDC_CLIENT_SECRET'],
  [
    '700016',
    'the tenant does not know the application; check PROXY_OIDC_CLIENT_ID, and the tenant in PROXY_OIDC_ISSUER',
  ],
  ['700025', 'the client is public at the provider; remove PROXY_OIDC_CLIENT_SECRET, or register the platform Web'],
  ['50011', 'the redirect URI is not registered for the application'],
  ['9002325', 'the redirect URI is registered for the platform single-page application; register it for Web'],
  ['9002313', 'the request is malformed for this application'],
]);

/**
 * A sentence for a code of Entra in an error answer, or ''. The description itself is never repeated: it holds ids, addresses and times,
 * and whatever else a provider puts there.
 */
export function describeEntraCode(description: unknown): string {
  if (typeof description !== 'string') return '';
  const code = /\bAADSTS(\d{5,8})\b/.exec(description.slice(0, 500))?.[1];
  if (code === undefined) return '';
  return `; AADSTS${code}: ${entraCodes.get(code) ?? 'see the documentation of Microsoft Entra ID'}`;
}

/** What to look at when the provider does not take the client: public or confidential, the secret, or the way it is sent. */
export function describeClientFault(
  method: TokenAuthMethod,
  announced: readonly string[] | undefined,
  description: unknown,
): string {
  const entra = describeEntraCode(description);
  if (entra !== '') return entra;
  if (method === 'none') {
    return '; no secret was sent: mark the client as public at the provider, or set PROXY_OIDC_CLIENT_SECRET';
  }
  if (announced !== undefined && !announced.includes(method)) {
    return '; set PROXY_OIDC_TOKEN_AUTH_METHOD to an announced method';
  }
  return '; the secret is wrong or has expired, the client is public at the provider, or it is registered for another method';
}
