import {
  buildClearedCookie,
  buildSetCookie,
  type CookieAttributes,
  findCookies,
  listCookieNames,
} from '../http/cookies.ts';
import type { Sealer } from '../session/seal.ts';
import type { Demands } from './proof.ts';
import type { Attempt } from './provider.ts';
import { isEqual } from './tokens.ts';

/** One way to the provider and back. */
export interface LoginAttempt extends Attempt {
  /** Id of the provider; absent where there is only one. */
  readonly provider?: string;
  /** Path on our own origin; '/' when it was too long to keep. */
  readonly returnTo: string;
  /** 1 for the first try. */
  readonly round: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Who must come back: the person whose session is there already. */
  readonly subject?: Subject;
}

export interface Subject {
  readonly iss: string;
  readonly sub: string;
}

export type Consumed =
  | {
      readonly outcome: 'found' | 'expired' | 'used';
      readonly attempt: LoginAttempt;
      readonly setCookies: readonly string[];
    }
  | { readonly outcome: 'missing'; readonly setCookies: readonly string[] };

interface BeginOptions {
  /** Id of the provider; absent where there is only one. */
  readonly provider?: string;
  readonly returnTo: string;
  readonly round: number;
  readonly rawHeaders: readonly string[];
  /** The answer will come from the provider's page as a POST, which carries no Lax cookies. */
  readonly crossSite?: boolean;
  readonly demands?: Demands;
  readonly subject?: Subject;
}

export interface LoginState {
  /** A new attempt and its cookie; the oldest ones give way when there are too many. */
  begin(options: BeginOptions): {
    readonly attempt: LoginAttempt;
    readonly setCookies: readonly string[];
  };
  /** The attempt this state belongs to, in this browser; each state is found once. */
  consume(state: string, rawHeaders: readonly string[]): Consumed;
  isOwnCookie(name: string): boolean;
}

interface LoginStateOptions {
  readonly sealer: Sealer;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly randomBytes: (n: number) => Buffer;
}

const RANDOM_BYTES = 32;
const STATE_SHAPE = /^[\w-]{43}$/;
const NAME_CHARACTERS = 16;
const MAX_OUTSTANDING = 5;
/** Of the names a client sends; each is looked for in the whole header, and may be cleared. */
const MAX_JUDGED = 16;
const MAX_USED = 10_000;
const MAX_RETURN_TO_BYTES = 2_048;

/** Sign-ins under way, each in a sealed cookie of its own, so that tabs do not disturb one another. */
export function createLoginState(options: LoginStateOptions): LoginState {
  const { sealer, timeoutMs, now } = options;
  const { secure } = options.cookie;
  const prefix = `${secure ? '__Host-' : ''}${options.cookie.name}-login.`;
  const attributes: CookieAttributes = { path: '/', httpOnly: true, secure, sameSite: 'lax' };
  const maxAge = Math.ceil(timeoutMs / 1000);
  const used = createUsedStates(timeoutMs);

  const buildName = (state: string): string => prefix + state.slice(0, NAME_CHARACTERS);
  const buildRandom = (): string => options.randomBytes(RANDOM_BYTES).toString('base64url');

  function findAttempts(name: string, rawHeaders: readonly string[]): LoginAttempt[] {
    return findCookies(rawHeaders, name)
      .map((value) => sealer.open('login', name, value))
      .filter((opened) => opened !== undefined)
      .map((opened) => JSON.parse(opened.toString('utf8')) as LoginAttempt);
  }

  /** Names of the attempts that must go to make room for one more; what does not open goes first. */
  function listSurplus(rawHeaders: readonly string[]): string[] {
    const outstanding = listCookieNames(rawHeaders, prefix)
      .slice(0, MAX_JUDGED)
      .map((name) => ({ name, startedAt: findAttempts(name, rawHeaders)[0]?.startedAt ?? Number.NEGATIVE_INFINITY }))
      .sort((a, b) => a.startedAt - b.startedAt || (a.name < b.name ? -1 : 1));
    return outstanding.slice(0, Math.max(0, outstanding.length - MAX_OUTSTANDING + 1)).map(({ name }) => name);
  }

  return {
    begin({ provider, returnTo, round, rawHeaders, crossSite, demands: { maxAge: oldest, acrValues } = {}, subject }) {
      const attempt: LoginAttempt = {
        state: buildRandom(),
        nonce: buildRandom(),
        codeVerifier: buildRandom(),
        ...(provider === undefined ? {} : { provider }),
        returnTo: Buffer.byteLength(returnTo) > MAX_RETURN_TO_BYTES ? '/' : returnTo,
        round,
        startedAt: now(),
        ...(oldest === undefined ? {} : { maxAge: oldest }),
        ...(acrValues === undefined ? {} : { acrValues }),
        ...(subject === undefined ? {} : { subject }),
      };
      const name = buildName(attempt.state);
      const sealed = sealer.seal('login', name, Buffer.from(JSON.stringify(attempt)), provider);
      const surplus = listSurplus(rawHeaders).map((old) => buildClearedCookie(old, attributes));
      const sameSite = crossSite === true ? 'none' : 'lax';
      return { attempt, setCookies: [buildSetCookie(name, sealed, { ...attributes, sameSite, maxAge }), ...surplus] };
    },

    consume(state, rawHeaders) {
      if (!STATE_SHAPE.test(state)) return { outcome: 'missing', setCookies: [] };
      const name = buildName(state);
      const isPresent = findCookies(rawHeaders, name).length > 0;
      const setCookies = isPresent ? [buildClearedCookie(name, attributes)] : [];
      const attempt = findAttempts(name, rawHeaders).find((one) => isEqual(one.state, state));
      if (attempt === undefined) return { outcome: 'missing', setCookies };
      const age = now() - attempt.startedAt;
      // Not only the browser's clock ends an attempt: a cookie can be kept.
      if (age > timeoutMs || age < -timeoutMs) return { outcome: 'expired', attempt, setCookies };
      return { outcome: used.add(state, now()) ? 'found' : 'used', attempt, setCookies };
    },

    isOwnCookie: (name) => name.startsWith(prefix),
  };
}

/** Remembers states until they expire by themselves; the oldest are forgotten when there are too many. */
function createUsedStates(timeoutMs: number): { add(state: string, now: number): boolean } {
  const expiries = new Map<string, number>();
  return {
    add(state, now) {
      if (expiries.has(state)) return false;
      for (const [old, expiry] of expiries) {
        if (expiry > now && expiries.size < MAX_USED) break;
        expiries.delete(old);
      }
      expiries.set(state, now + 2 * timeoutMs);
      return true;
    },
  };
}
