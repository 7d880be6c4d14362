import type { RuleBook } from './access/rules.ts';
import type { Edge } from './app-edge.ts';
import type { IdentityOut } from './app-identity.ts';
import { buildUploadLimits, loadUpstreamOptions } from './app-options.ts';
import type { Config } from './config/schema.ts';
import { stripCookies } from './http/cookies.ts';
import { createForwarder } from './proxy/forward.ts';
import type { Route } from './proxy/gate.ts';
import { createHeaderFilter } from './proxy/headers.ts';
import { createSweeper } from './proxy/sweep.ts';
import type { Upstream } from './proxy/upstream.ts';
import { createUpstreams, type Upstreams } from './proxy/upstreams.ts';

interface RouteParts {
  readonly rules: RuleBook;
  readonly identityOut: IdentityOut;
  readonly edge: Edge;
  /** Whoever sets cookies that the application neither gets nor sets. */
  readonly cookieOwners: readonly { isOwnCookie(name: string): boolean }[];
  readonly isDraining: () => boolean;
  readonly now: () => number;
  readonly collectYoung?: (() => void) | undefined;
}

/** The ways to the applications: the main one, and those that single rules name. */
export function createRoutes(
  config: Config,
  { rules, identityOut, edge, cookieOwners, isDraining, now, collectYoung }: RouteParts,
): { readonly upstreams: Upstreams; readonly main: Route; readonly routes: ReadonlyMap<string, Route> } {
  const upstreams = createUpstreams(
    loadUpstreamOptions(config),
    rules.list.map(({ upstream }) => upstream).filter((address) => address !== undefined),
  );
  const countBytes = collectYoung && createSweeper({ collectYoung, countOpen: () => upstreams.countOpen() });
  const buildRoute = (upstream: Upstream): Route => {
    const carrier = {
      upstream,
      filter: createHeaderFilter({
        identityHeaders: [...identityOut.headers, 'X-Request-Id'],
        isOwnCookie: (name) => cookieOwners.some((owner) => owner.isOwnCookie(name)),
        stripCookies,
        host: config.upstream.host === 'keep' ? 'client' : 'upstream',
        // Where rules tell methods apart, a header must not turn one into another for the application.
        dropMethodOverride: config.rules.rules.some((rule) => rule.methods !== undefined),
        location: { upstream: upstream.origin, public: new URL(config.http.publicUrl).origin },
        additions: edge.additions,
      }),
      isDraining,
      limits: buildUploadLimits(config, now),
      ...(countBytes && { countBytes }),
    };
    return { carrier, forward: createForwarder(carrier) };
  };
  const routes = new Map([...upstreams.others].map(([address, upstream]) => [address, buildRoute(upstream)]));
  return { upstreams, main: buildRoute(upstreams.main), routes };
}
