import { buildRefusal, Refusal } from '../errors.ts';
import type { ProviderHttp } from './fetch.ts';
import { buildMetadata, type Metadata } from './metadata.ts';
import type { Log, Schedule } from './timer.ts';

export interface Discovery {
  status(): 'ready' | 'pending' | 'failed';
  start(): void;
  close(): void;
  /** The last good metadata; undefined before the first. */
  find(): Metadata | undefined;
  /** Good metadata, or the Refusal of the last attempt while its back-off lasts. */
  load(): Promise<Metadata>;
  /** The document as received, at most 60 s old. */
  loadDocument(): Promise<string>;
}

interface DiscoveryOptions {
  readonly url: string;
  readonly issuer: string | undefined;
  readonly allowHttp: boolean;
  readonly http: ProviderHttp;
  readonly now: () => number;
  readonly schedule: Schedule;
  readonly log: Log;
  /** Called with every good document, before anyone else sees it. */
  readonly onMetadata: (metadata: Metadata) => void;
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
const REFRESH_MS = 3_600_000;
const DOCUMENT_MAX_AGE_MS = 60_000;

/** Where the discovery document of an issuer is (OpenID Connect Discovery 1.0, section 4). */
export function buildDiscoveryUrl(issuer: string): string {
  return `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/.well-known/openid-configuration`;
}

/** Discovery that never gives up and never hammers: one attempt at a time, 1 s to 30 s apart, then hourly. */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { url, http, now, schedule, log } = options;
  let metadata: Metadata | undefined;
  let document: { readonly body: string; readonly at: number } | undefined;
  let failure: { readonly refusal: Refusal; readonly retryAt: number } | undefined;
  let failures = 0;
  let pending: Promise<Metadata> | undefined;
  let pendingBody: Promise<string> | undefined;
  let cancel: (() => void) | undefined;
  let closed = false;

  async function fetchBody(): Promise<string> {
    const answer = await http.load(url, { what: 'discovery', malformed: 'idp_unreachable' });
    if (answer.status !== 200) throw new Refusal('idp_unreachable', `discovery answered with status ${answer.status}`);
    document = { body: answer.body, at: now() };
    return answer.body;
  }

  function loadBody(): Promise<string> {
    pendingBody ??= fetchBody().finally(() => {
      pendingBody = undefined;
    });
    return pendingBody;
  }

  async function attempt(): Promise<Metadata> {
    try {
      const found = buildMetadata(await loadBody(), options);
      options.onMetadata(found);
      metadata = found;
      failure = undefined;
      failures = 0;
      plan(REFRESH_MS);
      return found;
    } catch (error) {
      const delay = Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
      failures = Math.min(failures + 1, 10);
      const refusal = withRetry(buildRefusal(error), delay);
      failure = { refusal, retryAt: now() + delay };
      plan(delay);
      log('warn', 'provider_discovery_failed', { refusal: refusal.code, detail: refusal.detail, retryInMs: delay });
      throw refusal;
    }
  }

  function refresh(): Promise<Metadata> {
    pending ??= attempt().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  function refreshInBackground(): void {
    // attempt() has logged the failure and planned the next try.
    refresh().catch(() => undefined);
  }

  function plan(delayMs: number): void {
    cancel?.();
    cancel = closed ? undefined : schedule(refreshInBackground, delayMs);
  }

  return {
    status: () => (metadata !== undefined ? 'ready' : failure === undefined ? 'pending' : 'failed'),
    start: refreshInBackground,
    close() {
      closed = true;
      cancel?.();
    },
    find: () => metadata,
    async load() {
      if (metadata !== undefined) return metadata;
      if (pending === undefined && failure !== undefined && now() < failure.retryAt) {
        throw withRetry(failure.refusal, failure.retryAt - now());
      }
      return await refresh();
    },
    async loadDocument() {
      if (document !== undefined && now() - document.at < DOCUMENT_MAX_AGE_MS) return document.body;
      return await loadBody();
    },
  };
}

function withRetry(refusal: Refusal, delayMs: number): Refusal {
  return new Refusal(refusal.code, refusal.detail, { cause: refusal, retryAfter: Math.ceil(delayMs / 1000) });
}
