import type { Limits } from './open.ts';
import type { Session, SessionTokens } from './session.ts';

/** When sessions end; milliseconds. What holds at a sign-in holds for that session, whatever the settings say later. */
export interface LimitSettings {
  /** Without use; 0 for never. */
  readonly idleTimeout: number;
  /** From the sign-in; 0 for never. */
  readonly maxAge: number;
  /** `fixed`: these two alone. `token`: no later than the access token. `refresh`: the same where nothing can renew the token. */
  readonly lifetime: 'fixed' | 'token' | 'refresh';
  /** The life of a token whose provider does not tell it. */
  readonly tokenFallback: number;
}

/** The end of a session that age alone never ends: the last second of the year 9999. */
export const never = 253_402_300_799;

const touchSeconds = 60;

/** The limits of a session that begins now (seconds since 1970). `tokens` are those of the sign-in, kept or not. */
export function buildSessionLimits(
  settings: LimitSettings,
  startedAt: number,
  tokens: SessionTokens,
): Pick<Session, 'expiresAt' | 'seenAt' | 'idle'> {
  const after = (milliseconds: number): number => startedAt + Math.floor(milliseconds / 1_000);
  const oldest = settings.maxAge === 0 ? never : after(settings.maxAge);
  const followsToken =
    settings.lifetime === 'token' || (settings.lifetime === 'refresh' && tokens.refreshToken === undefined);
  const expiresAt = followsToken
    ? Math.min(oldest, Math.floor(tokens.expiresAt ?? after(settings.tokenFallback)))
    : oldest;
  if (settings.idleTimeout === 0) return { expiresAt };
  return { expiresAt, seenAt: startedAt, idle: Math.max(1, Math.floor(settings.idleTimeout / 1_000)) };
}

/** Uses are noted once a minute; with a short idle limit, four times within it. */
export function buildLimits({ expiresAt, seenAt, idle }: Session): Limits {
  const end = expiresAt * 1_000;
  if (seenAt === undefined || idle === undefined) return { endsAt: end, dueAt: Number.POSITIVE_INFINITY };
  return {
    endsAt: Math.min(end, (seenAt + idle) * 1_000),
    dueAt: (seenAt + Math.min(touchSeconds, idle / 4)) * 1_000,
  };
}
