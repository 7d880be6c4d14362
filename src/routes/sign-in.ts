import type { StepUp } from '../access/step-up.ts';
import { Refusal } from '../errors.ts';
import { buildClearedCookie, buildSetCookie, findCookies, type CookieAttributes } from '../http/cookies.ts';
import { sendOnward, sendRedirect } from '../http/respond.ts';
import { findReturnTo } from '../http/return-to.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { LoginAttempt, LoginState } from '../oidc/login-state.ts';
import type { SignInExtra } from '../oidc/provider.ts';
import { buildSessionLimits, type LimitSettings } from '../session/limits.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../session/sessions.ts';
import { sendToChooser } from './chooser.ts';
import type { Hint } from './hint.ts';
import { judgePerson } from './judge.ts';
import { type KeptTokens, pickTokens } from './kept-tokens.ts';
import type { ProviderEntry, Providers } from './providers.ts';
import type { Refuse } from './refuse.ts';
import { buildDemanded, buildStepUpRefusal, checkStepUp, checkSubject } from './step-up.ts';

/** One sign-in from its first redirect to the session. */
export interface SignInFlow {
  /**
   * Sends the browser to the provider, or to the page to choose one; it comes back to `wanted`, or to `/` when that could lead
   * elsewhere. With `stepUp` that much must be proved, and where there is a session, by the same person.
   */
  begin(outlet: TracedOutlet, wanted: string, stepUp?: StepUp): void;
  /** Sends the browser to this provider; `returnTo` is safe already. `extra`: what the person must prove beyond the settings, and hints. */
  beginAt(outlet: TracedOutlet, entry: ProviderEntry, returnTo: string, extra?: SignInExtra, stepUp?: StepUp): void;
  /** Takes the answer on the callback path of a provider: a session and a redirect to where the person wanted to go, or an explanation. */
  finish(outlet: TracedOutlet, parameters: URLSearchParams, entry: ProviderEntry): void;
  /** Set-Cookie values that end the loop guard, for sign-out. */
  listClearedCookies(): readonly string[];
  isOwnCookie(name: string): boolean;
}

interface SignInOptions {
  readonly providers: Providers;
  readonly loginState: LoginState;
  readonly sessions: Sessions;
  readonly hint: Hint;
  /** The tokens that the session keeps. */
  readonly keepTokens: KeptTokens;
  readonly refuse: Refuse;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  readonly publicOrigin: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
  /** Of the sessions that begin here. */
  readonly limits: LimitSettings;
  /** The session cookie comes back only from pages of ours. */
  readonly isStrict: boolean;
  /** The name under which a user appears in the log. */
  readonly nameUser: (user: string | undefined) => string | undefined;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

const mostRounds = 3;
const guardSeconds = 30;

export function createSignInFlow(options: SignInOptions): SignInFlow {
  const { providers, loginState, sessions, refuse, now } = options;
  const guardName = `${options.cookie.secure ? '__Host-' : ''}${options.cookie.name}-round`;
  const guardAttributes: CookieAttributes = {
    path: '/',
    httpOnly: true,
    secure: options.cookie.secure,
    sameSite: 'lax',
  };

  async function begin(
    outlet: TracedOutlet,
    { provider, mark, responseMode }: ProviderEntry,
    returnTo: string,
    round: number,
    extra: SignInExtra = {},
    known?: Session,
  ): Promise<void> {
    // Threat 100: a session cookie that never comes back would send the browser in circles.
    if (round > mostRounds) {
      const code = known === undefined ? 'login_loop' : 'step_up_failed';
      throw new Refusal(code, `${mostRounds} sign-ins within ${guardSeconds} seconds did not lead to the page`);
    }
    const { attempt, setCookies } = loginState.begin({
      ...(mark === undefined ? {} : { provider: mark }),
      returnTo,
      round,
      rawHeaders: outlet.req.rawHeaders,
      crossSite: responseMode === 'form_post',
      demands: extra,
      ...(known && { subject: { iss: known.iss, sub: known.sub } }),
    });
    const location = await provider.loadAuthorizationUrl(attempt, extra);
    outlet.trace.outcome = 'sign_in';
    sendRedirect(outlet, location.href, setCookies);
  }

  async function redeem(
    outlet: TracedOutlet,
    parameters: URLSearchParams,
    attempt: LoginAttempt,
    setCookies: readonly string[],
    { provider, mark, policy, refresh }: ProviderEntry,
  ): Promise<void> {
    const signIn = await provider.redeem(parameters, attempt);
    checkSubject(signIn, attempt);
    // A refresh token that is not kept renews nothing.
    const { refreshToken: _, ...received } = signIn.tokens;
    const { person, withoutIdToken } = judgePerson(signIn.claims, policy);
    const tokens = pickTokens(signIn.tokens, options.keepTokens, refresh, attempt.nonce, withoutIdToken);
    const startedAt = Math.floor(now() / 1_000);
    const session: Session = {
      // Threat 80: the id is always new.
      id: options.randomBytes(16).toString('base64url'),
      ...(mark === undefined ? {} : { provider: mark }),
      iss: signIn.iss,
      sub: signIn.sub,
      ...(signIn.sid === undefined ? {} : { sid: signIn.sid }),
      startedAt,
      ...buildSessionLimits(options.limits, startedAt, tokens?.refreshToken === undefined ? received : signIn.tokens),
      ...(signIn.authTime === undefined ? {} : { authTime: signIn.authTime }),
      ...(signIn.acr === undefined ? {} : { acr: signIn.acr }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(options.keepTokens.idToken && signIn.idToken !== undefined ? { idToken: signIn.idToken } : {}),
      person,
    };
    checkStepUp(session, attempt, now());
    const { rawHeaders } = outlet.req;
    const sessionCookies = await sessions.save(session, rawHeaders);
    const hintCookies = signIn.idToken === undefined ? [] : options.hint.save(session, signIn.idToken);
    outlet.trace.user = session.person.user;
    outlet.trace.outcome = 'sign_in';
    options.metrics.signIns.inc({ result: session.person.problem?.code ?? 'ok' });
    options.log.info(
      {
        request_id: outlet.requestId,
        provider: mark,
        user: options.nameUser(session.person.user),
        roles: session.person.roles,
        problem: session.person.problem?.code,
      },
      'signed in',
    );
    const sendBack = options.isStrict ? sendOnward : sendRedirect;
    sendBack(outlet, attempt.returnTo, [
      ...setCookies,
      ...sessionCookies,
      ...hintCookies,
      buildSetCookie(guardName, String(attempt.round), { ...guardAttributes, maxAge: guardSeconds }),
    ]);
  }

  async function finish(outlet: TracedOutlet, parameters: URLSearchParams, entry: ProviderEntry): Promise<void> {
    const { rawHeaders } = outlet.req;
    const found = loginState.consume(checkState(parameters), rawHeaders);
    if (found.outcome === 'found') {
      try {
        checkPath(found.attempt, entry);
        await redeem(outlet, parameters, found.attempt, found.setCookies, entry);
      } catch (thrown) {
        refuse(outlet, buildStepUpRefusal(thrown, found.attempt), {
          setCookies: found.setCookies,
          returnTo: found.attempt.returnTo,
        });
        options.metrics.signIns.inc({ result: outlet.trace.outcome });
      }
      return;
    }
    const returnTo = found.outcome === 'missing' ? '/' : found.attempt.returnTo;
    // A finished sign-in opened again, by reload, bookmark or another tab: the session that it gave still counts.
    if ((await findSession(rawHeaders)) !== undefined) {
      outlet.trace.outcome = 'sign_in';
      sendRedirect(outlet, returnTo, found.setCookies);
      return;
    }
    if (found.outcome === 'expired' && found.attempt.round < mostRounds) {
      checkPath(found.attempt, entry);
      const { maxAge, acrValues } = found.attempt;
      const demands = {
        ...(maxAge === undefined ? {} : { maxAge }),
        ...(acrValues === undefined ? {} : { acrValues }),
      };
      await begin(outlet, entry, returnTo, found.attempt.round + 1, demands);
      return;
    }
    const code = found.outcome === 'expired' ? 'flow_expired' : 'state_mismatch';
    options.metrics.signIns.inc({ result: code });
    refuse(
      outlet,
      new Refusal(code, `callback with a state that is ${found.outcome}, Host ${outlet.req.headers.host ?? 'absent'}`),
      {
        setCookies: found.setCookies,
      },
    );
  }

  async function tryAt(
    outlet: TracedOutlet,
    entry: ProviderEntry,
    returnTo: string,
    extra?: SignInExtra,
    stepUp?: StepUp,
  ): Promise<void> {
    const known = await findSession(outlet.req.rawHeaders);
    // Who has a session begins again on purpose, unless a rule demands it.
    const round = known === undefined || stepUp !== undefined ? findRound(outlet, guardName) + 1 : 1;
    const demanded = stepUp === undefined ? extra : { ...extra, ...buildDemanded(stepUp, known) };
    try {
      await begin(outlet, entry, returnTo, round, demanded, stepUp && known);
    } catch (thrown) {
      refuse(
        outlet,
        thrown,
        round > mostRounds ? { returnTo, setCookies: [buildClearedCookie(guardName, guardAttributes)] } : {},
      );
    }
  }

  async function findSession(rawHeaders: readonly string[]): Promise<Session | undefined> {
    return (await sessions.load(rawHeaders)).opened?.session;
  }

  function beginAt(
    outlet: TracedOutlet,
    entry: ProviderEntry,
    returnTo: string,
    extra?: SignInExtra,
    stepUp?: StepUp,
  ): void {
    tryAt(outlet, entry, returnTo, extra, stepUp).catch((thrown: unknown) => refuse(outlet, thrown));
  }

  async function beginAnywhere(outlet: TracedOutlet, returnTo: string, stepUp: StepUp | undefined): Promise<void> {
    const known = stepUp && (await findSession(outlet.req.rawHeaders));
    const entry = (known && providers.findOf(known)) ?? providers.chosen;
    if (entry === undefined) sendToChooser(outlet, returnTo);
    else await tryAt(outlet, entry, returnTo, undefined, stepUp);
  }

  return {
    begin(outlet, wanted, stepUp) {
      const returnTo = findReturnTo(wanted, options.publicOrigin, options.ownPaths) ?? '/';
      beginAnywhere(outlet, returnTo, stepUp).catch((thrown: unknown) => refuse(outlet, thrown));
    },
    beginAt,
    finish(outlet, parameters, entry) {
      finish(outlet, parameters, entry).catch((thrown: unknown) => refuse(outlet, thrown));
    },
    listClearedCookies: () => [buildClearedCookie(guardName, guardAttributes)],
    isOwnCookie: (name) => name === guardName,
  };
}

/** The one state of the callback; RFC 6749, section 3.1: parameters must not be included more than once. */
function checkState(parameters: URLSearchParams): string {
  const [state, another] = parameters.getAll('state');
  if (another !== undefined) throw new Refusal('callback_malformed', 'the parameter state is repeated');
  if (state === undefined || state === '') throw new Refusal('callback_malformed', 'the parameter state is missing');
  return state;
}

/** RFC 9700, section 4.4.2: an answer that comes on another provider's redirect URI is not the one that was asked for. */
function checkPath(attempt: LoginAttempt, { id, mark }: ProviderEntry): void {
  if (attempt.provider !== mark) {
    throw new Refusal(
      'state_mismatch',
      `the sign-in was begun at another provider than ${id}, whose callback was called`,
    );
  }
}

function findRound(outlet: TracedOutlet, guardName: string): number {
  const value = findCookies(outlet.req.rawHeaders, guardName)[0] ?? '';
  return /^[1-9]$/.test(value) ? Number(value) : 0;
}
