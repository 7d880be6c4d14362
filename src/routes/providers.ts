import type { PersonPolicy } from '../access/person.ts';
import type { Provider } from '../oidc/provider.ts';
import type { Session } from '../session/session.ts';
import type { RefreshPlan } from './kept-tokens.ts';

/** A provider as people meet it, with the policy that makes persons of its claims. */
export interface ProviderEntry {
  readonly id: string;
  readonly name: string;
  readonly icon?: string;
  readonly remarks?: string;
  /** Id for sessions and sign-ins under way; absent for the only provider of a site, which needs none. */
  readonly mark?: string;
  /** As configured. */
  readonly issuer?: string;
  readonly callbackPath: string;
  /** It answers by redirect, or by a form that posts itself. */
  readonly responseMode: 'query' | 'form_post';
  readonly provider: Provider;
  readonly policy: PersonPolicy;
  /** Absent where refresh tokens are not kept. */
  readonly refresh?: RefreshPlan;
}

export interface Providers {
  readonly list: readonly ProviderEntry[];
  /** The one that needs no choice; undefined where people choose. */
  readonly chosen: ProviderEntry | undefined;
  /** The default one, or the first: for what can show only one. */
  readonly main: ProviderEntry;
  find(id: string): ProviderEntry | undefined;
  findByIssuer(iss: string): ProviderEntry | undefined;
  /** Several where they are clients of one provider. */
  listByIssuer(iss: string): readonly ProviderEntry[];
  /** The provider a session came from; undefined when it is no longer there. */
  findOf(session: Session): ProviderEntry | undefined;
  start(): void;
  close(): void;
}

/** Throws RangeError for an empty list. `initial` is the id of the default provider. */
export function createProviders(list: readonly ProviderEntry[], initial?: string): Providers {
  const named = list.find(({ id }) => id === initial);
  const main = named ?? list[0];
  if (main === undefined) throw new RangeError('there must be a provider');
  const fits = (entry: ProviderEntry, iss: string): boolean =>
    entry.issuer === iss || entry.provider.findIssuer() === iss;
  return {
    list,
    chosen: named ?? (list.length === 1 ? main : undefined),
    main,
    find: (id) => list.find((entry) => entry.id === id),
    findByIssuer: (iss) => list.find((entry) => fits(entry, iss)),
    listByIssuer: (iss) => list.filter((entry) => fits(entry, iss)),
    findOf(session) {
      const marked = list.find(({ mark }) => mark === session.provider);
      if (marked !== undefined || session.provider !== undefined) return marked;
      // A session from the time before the list: it is sealed for one of these providers, and says for which.
      return list.find(({ issuer }) => issuer === session.iss);
    },
    start() {
      for (const { provider } of list) provider.start();
    },
    close() {
      for (const { provider } of list) provider.close();
    },
  };
}
