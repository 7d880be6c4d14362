import type { Claims } from '../access/claims.ts';
import { describeAudience, findClient, findMissingAudience } from './audience.ts';
import type { Log } from './timer.ts';

interface ForeignAudienceOptions {
  /** Those accepted at present. */
  readonly audiences: readonly string[];
  readonly now: () => number;
  readonly log: Log;
}

const QUIET_MS = 60_000;
const MAX_CLIENTS = 100;

/** Tells the operator which line admits the tokens of a client; once a minute per client. Takes verified claims only. */
export function createForeignAudienceLog(options: ForeignAudienceOptions): (claims: Claims, issuer: string) => void {
  const { audiences, now, log } = options;
  const quietUntil = new Map<string, number>();
  return (claims, issuer) => {
    const client = (findClient(claims) ?? describeAudience(claims)).slice(0, 200);
    const moment = now();
    if (moment < (quietUntil.get(client) ?? 0)) return;
    for (const [name, until] of quietUntil) if (until <= moment) quietUntil.delete(name);
    if (quietUntil.size >= MAX_CLIENTS) return;
    quietUntil.set(client, moment + QUIET_MS);
    const missing = findMissingAudience(claims, issuer);
    log('warn', 'bearer_audience_refused', {
      token: describeAudience(claims),
      cure:
        missing === undefined
          ? 'the token names no audience that could be listed in PROXY_OIDC_AUDIENCES'
          : `if this client may use the application, add ${missing} to PROXY_OIDC_AUDIENCES`,
      ...(missing === undefined ? {} : { line: `PROXY_OIDC_AUDIENCES=${[...audiences, missing].join(',')}` }),
    });
  };
}
