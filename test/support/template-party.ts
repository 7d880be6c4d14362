import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { template } from '../../src/config/template.ts';
import { builtInTemplates } from '../../src/config/templates.ts';
import type { Provider, ProviderOptions, SignIn } from '../../src/oidc/provider.ts';
import { createTemplateProvider } from '../../src/oidc/template-provider.ts';
import { buildAttempt, plainRequest } from './relying-party.ts';

export interface TemplateParty {
  readonly provider: Provider;
  /** Asks for the sign-in address, comes back with `code`, and redeems it. */
  signIn(change?: (callback: URLSearchParams) => void): Promise<SignIn>;
  /** The address of the last sign-in. */
  readonly asked: () => URL;
}

/** A built-in template with its hosts led to a double. */
export function buildLocalTemplate(name: string, origin: string): unknown {
  const written = JSON.stringify(builtInTemplates[name]).replaceAll(
    /https:\/\/(?:api\.)?(?:github\.com|graph\.qq\.com)/g,
    origin,
  );
  return JSON.parse(written);
}

/** Our side of a provider outside the standard. */
export function createTemplateParty(written: unknown, overrides: Partial<ProviderOptions> = {}): TemplateParty {
  const loaded = template().schema.parse(written);
  const provider = createTemplateProvider(
    {
      ...(loaded.discoveryUrl === undefined ? {} : { discoveryUrl: loaded.discoveryUrl }),
      clientId: loaded.clientId ?? 'app',
      clientSecret: () => loaded.clientSecret ?? 'the secret of the app',
      tokenAuthMethod: 'auto',
      clientProof: { audience: 'issuer', now: Date.now, randomBytes },
      request: plainRequest,
      scopes: loaded.scopes ?? ['openid'],
      redirectUri: 'https://app.example/oauth2/callback',
      idTokenAlgs: ['RS256', 'ES256'],
      audiences: [],
      accessTokenVerifyMethod: 'jwt',
      userinfo: 'auto',
      requireAccessTokenClaims: false,
      jwks: { refreshIntervalMs: 3_600_000, timeoutMs: 5_000, rateLimitMs: 60_000, refreshUnknownKid: true },
      tls: {},
      allowHttp: true,
      timeoutMs: 5_000,
      now: Date.now,
      log: () => undefined,
      ...overrides,
    },
    loaded.template,
  );
  after(() => provider.close());
  let asked = new URL('https://nobody.invalid');
  return {
    provider,
    asked: () => asked,
    async signIn(change = () => undefined) {
      const attempt = buildAttempt();
      asked = await provider.loadAuthorizationUrl(attempt);
      const callback = new URLSearchParams({ code: 'the-code', state: attempt.state });
      change(callback);
      return await provider.redeem(callback, attempt);
    },
  };
}
