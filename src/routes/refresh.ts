import { Refusal } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { createLocks } from '../session/locks.ts';
import type { Limits } from '../session/open.ts';
import { createSessionRefresh, type SessionRefresh, type SessionRefreshOptions } from '../session/refresh.ts';
import { findRefreshDue } from '../session/refresh-due.ts';
import type { Session } from '../session/session.ts';
import { judgePerson } from './judge.ts';
import { type KeptTokens, pickTokens, type RefreshPlan } from './kept-tokens.ts';
import type { Providers } from './providers.ts';

type Surroundings = Pick<SessionRefreshOptions, 'store' | 'open' | 'isDraining' | 'now' | 'schedule' | 'reload'> &
  Partial<Pick<SessionRefreshOptions, 'locks'>>;

interface RefreshOptions extends Surroundings {
  readonly providers: Providers;
  readonly keepTokens: KeptTokens;
  readonly log: Logger;
  /** The name under which a user appears in the log. */
  readonly nameUser: (user: string | undefined) => string | undefined;
  readonly metrics: Pick<Metrics, 'refreshes'>;
}

/** When this session ends, and when its tokens should be renewed. */
export function buildRefreshLimits(providers: Providers, session: Session): Limits {
  const plan = findPlan(providers, session);
  const dueAt = plan === undefined ? Number.POSITIVE_INFINITY : findRefreshDue(session, plan);
  return { endsAt: session.expiresAt * 1_000, dueAt };
}

/** What the provider of this session keeps refresh tokens for. */
function findPlan(providers: Providers, session: Session): RefreshPlan | undefined {
  return session.tokens?.refreshToken === undefined ? undefined : providers.findOf(session)?.refresh;
}

/** Sessions kept fresh at the provider that each came from. */
export function createRefresh({
  providers,
  keepTokens,
  log,
  nameUser,
  metrics,
  ...options
}: RefreshOptions): SessionRefresh {
  async function grant(session: Session): Promise<Session> {
    const { tokens, idToken: known, iss, sub } = session;
    const entry = providers.findOf(session);
    const { refreshToken, nonce } = tokens ?? {};
    if (entry?.provider.refresh === undefined || refreshToken === undefined) {
      throw new Refusal('internal', 'there is nothing to refresh this session with');
    }
    const person = { iss, sub, ...(nonce === undefined ? {} : { nonce }) };
    const { claims, ...received } = await entry.provider.refresh(refreshToken, person);
    const isEnough = received.idToken !== undefined || tokens?.withoutIdToken === true;
    const judged = claims !== undefined && isEnough ? judgePerson(claims, entry.policy) : undefined;
    // Without an ID token nothing new is known of what one adds.
    const withoutIdToken = received.idToken === undefined ? tokens?.withoutIdToken : judged?.withoutIdToken;
    const picked = pickTokens(received.tokens, keepTokens, entry.refresh, nonce, withoutIdToken);
    const idToken = keepTokens.idToken ? (received.idToken ?? known) : undefined;
    const { tokens: _, idToken: __, ...rest } = session;
    return {
      ...rest,
      ...(picked === undefined ? {} : { tokens: picked }),
      ...(idToken === undefined ? {} : { idToken }),
      // Threat 16: who lost a role at the provider has it no more from here on.
      ...(judged === undefined ? {} : { person: judged.person }),
    };
  }

  return createSessionRefresh({
    locks: createLocks(),
    ...options,
    findPurpose: (session) => findPlan(providers, session),
    grant,
    onAttempt(session, refusal) {
      const { user, roles, problem } = session.person;
      const about = { provider: session.provider, user: nameUser(user) };
      metrics.refreshes.inc({ result: refusal?.code ?? 'ok' });
      if (refusal === undefined) log.debug({ ...about, roles, problem: problem?.code }, 'session refreshed');
      else if (refusal.code === 'internal')
        log.error({ ...about, refusal: refusal.code, err: refusal.cause ?? refusal }, 'refresh failed');
      else {
        const { code, detail, cure } = refusal;
        log.warn(
          { ...about, refusal: code, detail, cure },
          code === 'refresh_refused' ? 'session ended' : 'refresh failed',
        );
      }
    },
  });
}
