import { buildRefusal, Refusal } from '../errors.ts';
import type { ProviderHttp } from './fetch.ts';
import { buildMetadata, type Metadata, type MetadataPolicy } from './metadata.ts';
import { createRefresher } from './refresh.ts';
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

interface DiscoveryOptions extends MetadataPolicy {
  readonly url: string;
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
  const refresher = createRefresher(attempt, schedule);
  let metadata: Metadata | undefined;
  let document: { readonly body: string; readonly at: number } | undefined;
  let failure: { readonly refusal: Refusal; readonly retryAt: number } | undefined;
  let failures = 0;
  let pendingBody: Promise<string> | undefined;

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
      refresher.plan(REFRESH_MS);
      return found;
    } catch (error) {
      const delay = Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
      failures = Math.min(failures + 1, 10);
      const refusal = withRetry(buildRefusal(error), delay);
      failure = { refusal, retryAt: now() + delay };
      refresher.plan(delay);
      log('warn', 'provider_discovery_failed', { refusal: refusal.code, detail: refusal.detail, retryInMs: delay });
      throw refusal;
    }
  }

  return {
    status: () => (metadata !== undefined ? 'ready' : failure === undefined ? 'pending' : 'failed'),
    start: () => refresher.refreshInBackground(),
    close: () => refresher.close(),
    find: () => metadata,
    async load() {
      if (metadata !== undefined) return metadata;
      if (!refresher.isPending && failure !== undefined && now() < failure.retryAt) {
        throw withRetry(failure.refusal, failure.retryAt - now());
      }
      return await refresher.refresh();
    },
    async loadDocument() {
      if (document !== undefined && now() - document.at < DOCUMENT_MAX_AGE_MS) return document.body;
      return await loadBody();
    },
  };
}

/** Metadata that were written down; nobody is asked. Refusal where they are no metadata. */
export function createFixedMetadata(
  document: Readonly<Record<string, unknown>>,
  policy: MetadataPolicy & Pick<DiscoveryOptions, 'onMetadata'>,
): Discovery {
  const body = JSON.stringify(document);
  const metadata = buildMetadata(body, policy);
  let isUsed = false;
  const use = (): Metadata => {
    if (!isUsed) policy.onMetadata(metadata);
    isUsed = true;
    return metadata;
  };
  return {
    status: () => 'ready',
    start: use,
    close: () => undefined,
    find: () => metadata,
    load: () => Promise.resolve(use()),
    loadDocument: () => Promise.resolve(body),
  };
}

function withRetry(refusal: Refusal, delayMs: number): Refusal {
  return new Refusal(refusal.code, refusal.detail, { cause: refusal, retryAfter: Math.ceil(delayMs / 1000) });
}
