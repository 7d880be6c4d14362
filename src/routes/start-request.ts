import { Refusal } from '../errors.ts';
import { findReturnTo } from '../http/return-to.ts';
import type { ProviderEntry, Providers } from './providers.ts';

/** What a link to `/oauth2/start` asks for. */
export interface StartRequest {
  /** Undefined when people choose. */
  readonly entry: ProviderEntry | undefined;
  /** Safe to send a browser to. */
  readonly returnTo: string;
  readonly loginHint?: string;
}

interface StartOptions {
  readonly providers: Providers;
  readonly publicOrigin: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
}

const longestHint = 512;

/**
 * Reads the query of `/oauth2/start`, also when a provider made the link (OpenID Connect Core 1.0, section 4). `pathName` is the
 * parameter with the path to return to.
 */
export function readStart(query: URLSearchParams, pathName: string, options: StartOptions): StartRequest {
  const loginHint = findOne(query, 'login_hint');
  if (loginHint !== undefined && (loginHint.length > longestHint || /[\p{Cc}\p{Cs}]/u.test(loginHint))) {
    throw new Refusal(
      'start_malformed',
      `login_hint is longer than ${longestHint} characters or holds control characters`,
    );
  }
  return {
    entry: findEntry(query, options.providers),
    returnTo: findTarget(query, pathName, options),
    ...(loginHint === undefined || loginHint === '' ? {} : { loginHint }),
  };
}

function findOne(query: URLSearchParams, name: string): string | undefined {
  const [value, another] = query.getAll(name);
  if (another !== undefined) throw new Refusal('start_malformed', `${name} is repeated`);
  return value;
}

/** The provider that was asked for by id or issuer, or else the one that needs no choice. */
function findEntry(query: URLSearchParams, providers: Providers): ProviderEntry | undefined {
  const id = findOne(query, 'provider');
  const iss = findOne(query, 'iss');
  if (id === undefined && iss === undefined) return providers.chosen;
  const byId = id === undefined ? undefined : providers.find(id);
  const byIssuer = iss === undefined ? undefined : providers.findByIssuer(iss);
  if (id !== undefined && byId === undefined) throw new Refusal('provider_unknown', 'provider is no id of `providers`');
  if (iss !== undefined && byIssuer === undefined)
    throw new Refusal('provider_unknown', 'iss is the issuer of no provider');
  if (byId !== undefined && byIssuer !== undefined && byId !== byIssuer) {
    throw new Refusal('provider_unknown', 'provider and iss name different providers');
  }
  return byId ?? byIssuer;
}

/** Where a sign-in in a window of its own ends. */
export const popupPath = '/oauth2/popup';

/** OpenID Connect Core 1.0, section 4: without this check, anyone's link would lead from our sign-in to anywhere. */
function findTarget(query: URLSearchParams, pathName: string, options: StartOptions): string {
  if (findOne(query, 'popup') === '1') return popupPath;
  const path = findOne(query, pathName);
  const target = findOne(query, 'target_link_uri');
  const check = (name: string, value: string): string => {
    const found = findReturnTo(value, options.publicOrigin, options.ownPaths);
    if (found === undefined) throw new Refusal('return_to_refused', `${name} leads elsewhere`);
    return found;
  };
  const fromTarget =
    target === undefined ? undefined : check('target_link_uri', cutOrigin(target, options.publicOrigin));
  const fromPath = path === undefined ? undefined : check(pathName, path);
  return fromPath ?? fromTarget ?? '/';
}

/** Path, query and fragment of an address of this site; what is none keeps its scheme, and leads elsewhere. */
function cutOrigin(target: string, origin: string): string {
  if (target === origin) return '/';
  return target.startsWith(`${origin}/`) ? target.slice(origin.length) : target;
}
