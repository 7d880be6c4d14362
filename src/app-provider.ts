import { findRefreshPlan } from './app-identity.ts';
import { buildPersonPolicy, loadProviderOptions } from './app-options.ts';
import type { Config, ProviderProfile } from './config/schema.ts';
import type { Logger } from './log.ts';
import { createProvider } from './oidc/provider.ts';
import { createTemplateProvider } from './oidc/template-provider.ts';
import type { ProviderEntry } from './routes/providers.ts';

interface ProviderSurroundings {
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly reloadSecret: (id: string) => string | undefined;
}

/** One provider as people meet it. */
export function buildProviderEntry(
  config: Config,
  { id, name, icon, remarks, isListed, provider, access }: ProviderProfile,
  keepClaims: readonly string[],
  { reloadSecret, ...surroundings }: ProviderSurroundings,
): ProviderEntry {
  const view = { ...config, provider, access };
  const options = loadProviderOptions(view, { ...surroundings, reloadSecret: () => reloadSecret(id) });
  const { template } = provider;
  const refresh = findRefreshPlan(view);
  return {
    id,
    name,
    ...(icon === undefined ? {} : { icon }),
    ...(remarks === undefined ? {} : { remarks }),
    ...(isListed ? { mark: id } : {}),
    ...(provider.issuer === undefined ? {} : { issuer: provider.issuer }),
    callbackPath: provider.callbackPath,
    responseMode: provider.responseMode,
    provider: template === undefined ? createProvider(options) : createTemplateProvider(options, template.template),
    policy: buildPersonPolicy(view, keepClaims),
    ...(refresh === undefined ? {} : { refresh }),
  };
}
