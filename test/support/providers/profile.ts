import { after } from 'node:test';
import { startProvider } from '../provider.ts';
import type { Behaviour, ProviderSetup, TestProvider } from '../provider-types.ts';

/** How one product behaves as a provider: what it is set up like, what it answers, and what a sign-in there must come to. */
export interface ProviderProfile {
  readonly setup: ProviderSetup;
  readonly behaviour?: (issuer: string) => Behaviour;
  /** The console shows the address of the site, and the preset completes the issuer. */
  readonly writesOrigin?: true;
  /** What its guide has beside preset, issuer, client id and secret. */
  readonly env: Readonly<Record<string, string>>;
  /** What the application gets, by header. */
  readonly expected: Readonly<Record<string, string>>;
}

/** The person who signs in everywhere. */
export const person = { email: 'vera@example.com', name: 'Vera Wood' };

/** A provider that people cannot be sent to at sign-out. */
export const noEndSession: Behaviour = {
  discovery: (document) => ({ ...document, end_session_endpoint: undefined }),
};

/** A provider of this kind until the test file ends, with one client, and the settings that lead to it. */
export async function startProfile(
  { setup, behaviour, writesOrigin }: ProviderProfile,
  more: ProviderSetup = {},
): Promise<{ readonly provider: TestProvider; readonly env: Readonly<Record<string, string>> }> {
  const provider = await startProvider({
    clientId: 'claimgate',
    clientSecret: 'the client secret, 32 bytes and more',
    redirectUris: ['https://app.example.com/oauth2/callback'],
    ...setup,
    ...more,
  });
  after(() => provider.close());
  if (behaviour !== undefined) provider.behave(behaviour(provider.issuer));
  const env = {
    PROXY_OIDC_ISSUER: writesOrigin === true ? new URL(provider.issuer).origin : provider.issuer,
    PROXY_OIDC_CLIENT_ID: provider.clientId,
    ...(provider.clientSecret === undefined ? {} : { PROXY_OIDC_CLIENT_SECRET: provider.clientSecret }),
  };
  return { provider, env };
}
