import { dropNamed, joinNamed } from './connection.ts';
import { createRequestJudge, isConnection, isCookie, isHost, keep } from './header-names.ts';
import { createResponseFilter, type ResponseAdditions, type ResponseFilter } from './response-headers.ts';

export { checkRequest } from './request-check.ts';

/** Builds the header lists that go to the upstream and to the client; flat, names and values alternating. */
export interface HeaderFilter extends ResponseFilter {
  /**
   * The client's headers without those that are ours to set or end here; then `extra`, which nothing the client sent can remove.
   * Order, case, repeats and bytes (latin1) stay.
   */
  buildRequestHeaders(rawHeaders: readonly string[], extra: readonly string[], dropAuthorization?: boolean): string[];
}

/** What the filter must know. */
export interface HeaderFilterOptions {
  /** Names of the headers we set with the identity; no spelling of them passes from a client. */
  readonly identityHeaders: readonly string[];
  readonly isOwnCookie: (name: string) => boolean;
  /** A Cookie value without the own cookies, '' when nothing is left. */
  readonly stripCookies: (value: string, isOwn: (name: string) => boolean) => string;
  /** `client`: the upstream sees the client's Host. `upstream`: it sees its own address. */
  readonly host?: 'client' | 'upstream';
  /** Removes X-HTTP-Method-Override and its kin; needed where rules tell methods apart and the application obeys such a header. */
  readonly dropMethodOverride?: boolean;
  /** Origins (scheme, host, port) for a Location that names the upstream itself. */
  readonly location?: { readonly upstream: string; readonly public: string };
  readonly additions?: ResponseAdditions;
}

/** Everything that can be decided about names is decided once per name. */
export function createHeaderFilter(options: HeaderFilterOptions): HeaderFilter {
  const { isOwnCookie, stripCookies } = options;
  const keepHost = options.host !== 'upstream';
  const judge = createRequestJudge({
    identityHeaders: options.identityHeaders,
    dropMethodOverride: options.dropMethodOverride ?? false,
  });

  function buildRequestHeaders(
    rawHeaders: readonly string[],
    extra: readonly string[],
    dropAuthorization = false,
  ): string[] {
    let headers: string[] = [];
    let named = '';
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const name = rawHeaders[index]!;
      const value = rawHeaders[index + 1]!;
      const verdict = judge(name);
      if (verdict === keep) {
        if (dropAuthorization && name.length === 13 && name.toLowerCase() === 'authorization') continue;
        headers.push(name, value);
      } else if (verdict === isCookie) {
        const rest = stripCookies(value, isOwnCookie);
        if (rest !== '') headers.push(name, rest);
      } else if (verdict === isConnection) {
        named = joinNamed(named, value);
      } else if (verdict === isHost && keepHost) {
        headers.push(name, value);
      }
    }
    if (named !== '') headers = dropNamed(headers, named);
    for (let index = 0; index < extra.length; index++) headers.push(extra[index]!);
    return headers;
  }

  return { buildRequestHeaders, ...createResponseFilter(options) };
}
