import type { Config } from './config/schema.ts';
import { ownPaths } from './config/own-paths.ts';
import type { Logger } from './log.ts';
import { listBackchannelEndpoints } from './routes/backchannel.ts';
import { type AdminAnswer, createEndSessions } from './routes/end-sessions.ts';
import { listFrontchannelEndpoints } from './routes/frontchannel.ts';
import type { Hint } from './routes/hint.ts';
import { listLogoutEndpoints } from './routes/logout.ts';
import type { Endpoint } from './routes/own.ts';
import type { Providers } from './routes/providers.ts';
import type { Refuse } from './routes/refuse.ts';
import type { SignInFlow } from './routes/sign-in.ts';
import type { RevocationChannel } from './session/revocation-channel.ts';
import { createRevocations, type Revocations } from './session/revocations.ts';
import type { Sessions } from './session/sessions.ts';

const MOST_REVOCATIONS = 100_000;
/** Bearer tokens may outlive short sessions. */
const LEAST_LIFETIME = 24 * 3_600_000;
const MOST_LIFETIME = 365 * LEAST_LIFETIME;

interface Surroundings {
  readonly log: Logger;
  readonly now: () => number;
}

/** What has ended before its time, in this process or, with a channel, in all of them. */
export function createRevocationList(
  { session }: Pick<Config, 'session'>,
  { log, now }: Surroundings,
  channel: RevocationChannel | undefined,
): Revocations {
  return createRevocations({
    // 0 stands for no limit.
    lifetime: session.maxAge === 0 ? MOST_LIFETIME : Math.max(session.maxAge, LEAST_LIFETIME),
    maxEntries: MOST_REVOCATIONS,
    ...(channel === undefined ? {} : { channel }),
    now,
    onFault: (event, error) => log.warn(error === undefined ? {} : { err: error }, event),
  });
}

/** The paths at which sessions end. */
export function listEndingPaths({ signIn }: Pick<Config, 'signIn'>): readonly string[] {
  return [ownPaths.signOut, ownPaths.signedOut, ...listBackchannelPaths(signIn), ownPaths.frontchannelLogout];
}

function listBackchannelPaths({ backchannelLogoutPath: own }: Config['signIn']): readonly string[] {
  return own === undefined ? [ownPaths.backchannelLogout] : [ownPaths.backchannelLogout, own];
}

interface EndingParts extends Surroundings {
  /** As the log names people. */
  readonly nameUser: (user: string | undefined) => string | undefined;
  readonly sessions: Sessions;
  readonly revocations: Revocations;
  readonly providers: Providers;
  readonly hint: Hint;
  readonly signIn: SignInFlow;
  readonly refuse: Refuse;
  readonly publicOrigin: string;
  readonly randomBytes: (size: number) => Buffer;
}

export function listEndingEndpoints(config: Config, parts: EndingParts): Readonly<Record<string, Endpoint>> {
  const { hint, signIn } = parts;
  return {
    ...listLogoutEndpoints({ ...parts, postLogoutUrl: config.signIn.postLogoutUrl ?? parts.publicOrigin }),
    ...listBackchannelEndpoints({
      ...parts,
      paths: listBackchannelPaths(config.signIn),
      formTimeout: config.http.headersTimeout,
    }),
    ...listFrontchannelEndpoints({
      ...parts,
      path: ownPaths.frontchannelLogout,
      listClearedCookies: () => [...hint.clear(), ...signIn.listClearedCookies()],
    }),
  };
}

/** Absent without the token that protects it. */
export function createAdminEnd(
  { admin }: Pick<Config, 'admin'>,
  parts: Pick<EndingParts, 'providers' | 'revocations' | 'log' | 'nameUser'>,
): AdminAnswer | undefined {
  return admin.token === undefined ? undefined : createEndSessions({ ...parts, token: admin.token });
}
