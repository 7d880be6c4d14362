import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { findSite } from '../http/addresses.ts';
import { loadForm } from '../http/form.ts';
import { findRequestOrigin } from '../http/navigation.ts';
import type { PageAction } from '../http/pages.ts';
import { sendPage, sendRedirect } from '../http/respond.ts';
import { findReturnTo } from '../http/return-to.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { isPassword, type PasswordHash } from '../session/password.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../session/sessions.ts';
import { createAttempts } from './attempts.ts';
import type { Endpoint } from './own.ts';
import type { Refuse } from './refuse.ts';

/** The one account. */
export interface BackupAccount {
  readonly user: string;
  readonly passwordHash: PasswordHash;
  readonly role: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

interface BackupOptions {
  /** Absent where the backup login is off. */
  readonly account: BackupAccount | undefined;
  readonly sessions: Sessions;
  readonly refuse: Refuse;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly publicOrigin: string;
  /** Paths of ours that make no sense to return to. */
  readonly ownPaths: readonly string[];
  /** Milliseconds. */
  readonly maxAge: number;
  readonly formTimeout: number;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

const path = '/oauth2/backup';
const maxFormBytes = 4_096;
const mostInFlight = 2;

/** `/oauth2/backup`: signing in with a password while the provider cannot be used. */
export function createBackupEndpoint(options: BackupOptions): Endpoint {
  const { account, sessions, refuse, log, metrics, publicOrigin, now } = options;
  const attempts = createAttempts({ perKey: 5, overall: 20, windowMs: 60_000, now });
  let inFlight = 0;

  function checkAccount(): BackupAccount {
    if (account !== undefined && now() < account.until) return account;
    throw new Refusal('backup_off', account === undefined ? 'not set up' : 'its time is over');
  }

  const findTarget = (rd: string | null): string => findReturnTo(rd ?? '/', publicOrigin, options.ownPaths) ?? '/';

  /** At most so many at once: each takes a thread and 32 MiB. */
  async function isRight(user: string, password: string, known: BackupAccount): Promise<boolean> {
    if (inFlight >= mostInFlight) throw new Refusal('backup_limited', 'two are being checked', { retryAfter: 1 });
    inFlight += 1;
    try {
      // Both are worked out whatever comes of the other, so that the time tells nothing about the name.
      const isUser = isEqual(user, known.user);
      return (await isPassword(password, known.passwordHash)) && isUser;
    } finally {
      inFlight -= 1;
    }
  }

  async function signIn(outlet: TracedOutlet, known: BackupAccount, form: URLSearchParams): Promise<void> {
    const { client } = outlet.trace.source;
    // Whoever has an IPv6 address has as many as they like.
    const site = findSite(client);
    const waitMs = attempts.take(site);
    if (waitMs > 0) {
      throw new Refusal('backup_limited', `too many attempts, now from ${client}`, { retryAfter: waitMs / 1_000 });
    }
    if (!(await isRight(form.get('user') ?? '', form.get('password') ?? '', known))) {
      throw new Refusal('backup_denied', `from ${client}`);
    }
    attempts.forget(site);
    const session = buildSession(known);
    const setCookies = await sessions.save(session, outlet.req.rawHeaders);
    outlet.trace.user = known.user;
    outlet.trace.outcome = 'sign_in';
    metrics.signIns.inc({ result: 'backup' });
    log.warn({ request_id: outlet.requestId, user: known.user, client }, 'signed in with the backup login');
    sendRedirect(outlet, findTarget(form.get('rd')), setCookies);
  }

  function buildSession({ user, role, until }: BackupAccount): Session {
    const startedAt = Math.floor(now() / 1_000);
    return {
      id: options.randomBytes(16).toString('base64url'),
      provider: 'backup',
      iss: 'backup',
      sub: user,
      startedAt,
      expiresAt: Math.min(startedAt + Math.floor(options.maxAge / 1_000), Math.floor(until / 1_000)),
      authTime: startedAt,
      person: { user, roles: [role] },
    };
  }

  async function answer(outlet: TracedOutlet): Promise<void> {
    const known = checkAccount();
    const { headers } = outlet.req;
    if (findRequestOrigin(headers, publicOrigin) !== 'same') {
      throw new Refusal('request_cross_site', `Origin ${headers.origin ?? 'absent'}`);
    }
    const form = await loadForm(outlet.req, { maxBytes: maxFormBytes, timeoutMs: options.formTimeout });
    try {
      await signIn(outlet, known, form);
    } catch (thrown) {
      if (thrown instanceof Refusal) {
        metrics.signIns.inc({ result: thrown.code });
        log.warn({ request_id: outlet.requestId, refusal: thrown.code, detail: thrown.detail }, 'backup login refused');
      }
      refuse(outlet, thrown, { actions: [buildForm(findTarget(form.get('rd')))] });
    }
  }

  return {
    GET(outlet, query) {
      checkAccount();
      // Two names, for two addresses that lead here.
      const returnTo = findTarget(query.get('rd') ?? query.get('redirect_uri'));
      sendPage(outlet, 200, {
        title: 'Backup sign-in',
        paragraphs: ['For administrators, while the usual sign-in does not work.'],
        actions: [buildForm(returnTo)],
      });
    },
    POST(outlet) {
      answer(outlet).catch((thrown: unknown) => refuse(outlet, thrown));
    },
  };
}

function buildForm(returnTo: string): PageAction {
  return {
    kind: 'post',
    href: path,
    label: 'Sign in',
    fields: [
      { kind: 'text', name: 'user', label: 'User name', autocomplete: 'username' },
      { kind: 'password', name: 'password', label: 'Password', autocomplete: 'current-password' },
      { kind: 'hidden', name: 'rd', value: returnTo },
    ],
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const isEqual = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
