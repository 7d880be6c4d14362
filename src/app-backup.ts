import { ownPaths } from './config/own-paths.ts';
import type { Config } from './config/schema.ts';
import { sendRedirect } from './http/respond.ts';
import type { TracedOutlet } from './http/trace.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { type BackupAccount, createBackupEndpoint } from './routes/backup.ts';
import type { Endpoint } from './routes/own.ts';
import type { Refuse } from './routes/refuse.ts';
import type { Session } from './session/session.ts';
import type { Sessions } from './session/sessions.ts';

interface BackupParts {
  readonly sessions: Sessions;
  readonly refuse: Refuse;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly publicOrigin: string;
  readonly ownPaths: readonly string[];
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

type Endpoints = Readonly<Record<string, Endpoint>>;

interface Backup {
  /** Those of the sign-in with the backup login beside them, or in their place. */
  listEndpoints(login: Endpoints): Endpoints;
  /** Where the backup login is the only one. */
  readonly beginSignIn?: (outlet: TracedOutlet, returnTo: string) => void;
}

const path = ownPaths.backup;
const longestSessionMs = 3_600_000;

function begin(outlet: TracedOutlet, returnTo: string): void {
  outlet.trace.outcome = 'sign_in';
  sendRedirect(outlet, `${path}?${new URLSearchParams({ rd: returnTo }).toString()}`);
}

export function createBackup(config: Config, parts: BackupParts): Backup {
  const account = findAccount(config);
  if (account !== undefined && parts.now() >= account.until) {
    parts.log.warn({ setting: 'PROXY_BACKUP_UNTIL' }, 'the backup login is off, because its time is over');
  }
  const endpoint = createBackupEndpoint({
    ...parts,
    account,
    maxAge: Math.min(longestSessionMs, config.session.maxAge),
    formTimeout: config.http.headersTimeout,
  });
  const { loginPath } = config.signIn;

  function buildLoginPath(login: Endpoint | undefined): Endpoint {
    return {
      GET: (outlet, query) => (query.get('backup') === '1' ? endpoint : login)?.GET?.(outlet, query),
    };
  }

  if (config.backup.mode !== 'backup-only') {
    return {
      listEndpoints: (login) => ({
        ...login,
        ...(loginPath === undefined ? {} : { [loginPath]: buildLoginPath(login[loginPath]) }),
        [path]: endpoint,
      }),
    };
  }
  const detour: Endpoint = {
    GET: (outlet, query) => begin(outlet, query.get('rd') ?? query.get('redirect_uri') ?? '/'),
    POST: (outlet) => begin(outlet, '/'),
  };
  return {
    // What comes back from the provider finds the same door.
    listEndpoints: (login) => ({
      ...Object.fromEntries(Object.keys(login).map((name) => [name, detour])),
      [path]: endpoint,
    }),
    beginSignIn: begin,
  };
}

/** A session of the backup login as it is set up now. */
export function isBackupSession(config: Config, { provider, iss, sub, person }: Session, now: number): boolean {
  const account = findAccount(config);
  if (account === undefined || now >= account.until) return false;
  if (provider !== 'backup' || iss !== 'backup' || sub !== account.user) return false;
  return person.roles.length === 1 && person.roles[0] === account.role;
}

function findAccount({ backup }: Config): BackupAccount | undefined {
  const { login, user, passwordHash, role, until } = backup;
  if (!login || user === undefined || passwordHash === undefined || until === undefined) return undefined;
  return { user, passwordHash, role, until };
}
