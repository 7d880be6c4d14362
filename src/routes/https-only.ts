import type { IncomingMessage } from 'node:http';
import { send } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Refuse } from './refuse.ts';

interface HttpsOnlyOptions {
  readonly publicOrigin: string;
  readonly cameInPlain: (req: IncomingMessage) => boolean;
  /** Throws for a target that could lead anywhere else when it is put behind the public origin. */
  readonly checkTarget: (rawTarget: string) => unknown;
  readonly refuse: Refuse;
}

/** Sends whatever came over plain http to the same path of the public URL, and says whether it did. */
export function createHttpsOnly(options: HttpsOnlyOptions): (outlet: TracedOutlet, rawTarget: string) => boolean {
  return (outlet, rawTarget) => {
    if (!options.cameInPlain(outlet.req)) return false;
    try {
      options.checkTarget(rawTarget);
      // RFC 9110, section 15.4.9: method and content stay. RFC 6797, section 7.2: no Strict-Transport-Security over plain http.
      send({ ...outlet, headers: [] }, 308, { Location: `${options.publicOrigin}${rawTarget}` }, [], '');
    } catch (thrown) {
      options.refuse(outlet, thrown);
    }
    return true;
  };
}
