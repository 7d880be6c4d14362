import { Refusal } from '../errors.ts';
import type { ProviderAnswer, ProviderHttp } from '../oidc/fetch.ts';
import type { Finding, Voice } from './finding.ts';
import { findClockOffset } from './judge-clock.ts';
import { findNetworkFault } from './judge-network.ts';

/** Keeps what came, since the parts of the product that ask tell no more than whether it was good. */
export interface Recorder {
  readonly http: ProviderHttp;
  /** The last answer; undefined where there was none. */
  findLast(): ProviderAnswer | undefined;
  /** Milliseconds by which the clock of the provider was ahead, for each answer. */
  readonly offsets: readonly number[];
}

export function createRecorder(now: () => number, http: ProviderHttp, offsets: number[] = []): Recorder {
  let last: ProviderAnswer | undefined;
  return {
    http: {
      async load(url, call) {
        last = undefined;
        last = await http.load(url, call);
        const offset = findClockOffset(last.date, now());
        if (offset !== undefined) offsets.push(offset);
        return last;
      },
      close: () => http.close(),
    },
    findLast: () => last,
    offsets,
  };
}

/** Why there was no answer that could be used, and the setting that helps. */
export function buildUnreachable(
  voice: Voice,
  error: unknown,
  { at, settings, caSetting }: { readonly at: URL; readonly settings: readonly string[]; readonly caSetting: string },
): Finding {
  const fault = findNetworkFault(error);
  if (fault === undefined) {
    const detail = error instanceof Refusal ? error.detail : 'the request failed';
    return voice.failed(`${at.host}: ${detail}`, ...settings);
  }
  const isAuthority = fault.kind === 'certificate' && fault.cause.includes('not trusted');
  return voice.failed(`${at.host}: ${fault.cause}`, ...(isAuthority ? [caSetting] : settings));
}
