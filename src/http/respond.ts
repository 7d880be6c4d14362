import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode, Refusal } from '../errors.ts';
import { buildChallenge, type ChallengeScheme } from './challenge.ts';
import { buildDavError, isDav } from './dav.ts';
import { isScripted, wantsPage } from './navigation.ts';
import { buildPage, buildPageHeaders, type PageAction, type PageContent, pageHeaders } from './pages.ts';

/** Where an answer goes. */
export interface Outlet {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Shown to the person and logged, so that one finds the other. */
  readonly requestId: string;
  /** What every answer of ours gets besides; flat. */
  readonly headers?: readonly string[];
}

/** What a refusal may add to its page or JSON body. Nothing in here is secret. */
export interface RefusalContext {
  readonly facts?: readonly (readonly [string, string])[];
  readonly actions?: readonly PageAction[];
  readonly setCookies?: readonly string[];
  /** For programs: where a person can sign in. */
  readonly loginUrl?: string;
  /** What that address needs to know. */
  readonly loginQuery?: string;
  /** Value of WWW-Authenticate, where there is more to say than usual. */
  readonly challenge?: string;
  readonly allow?: string;
  /** What a 401 asks for. */
  readonly scheme?: ChallengeScheme;
  /** Scripts get the challenge as well. */
  readonly challengesScripts?: boolean;
  /** Path of this site where trying again should lead. */
  readonly returnTo?: string;
}

const drainBytes = 64 * 1024 * 1024;
const drainMilliseconds = 30_000;

/** Writes one complete answer of our own. Never throws; a connection that is past answering is closed. */
export function send(
  outlet: Outlet,
  status: number,
  headers: Readonly<Record<string, string>>,
  setCookies: readonly string[],
  body: string,
): void {
  const { req, res } = outlet;
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const payload = Buffer.from(body);
  const lines: string[] = [];
  for (const [name, value] of Object.entries(headers)) lines.push(name, value);
  // RFC 9111, section 5.2.2.5: sign-in redirects and refusals are for this one request (threats 98, 99).
  if (headers['Cache-Control'] === undefined) lines.push('Cache-Control', 'no-store');
  lines.push('X-Content-Type-Options', 'nosniff', 'X-Request-Id', outlet.requestId);
  lines.push(...(outlet.headers ?? []));
  for (const cookie of setCookies) lines.push('Set-Cookie', cookie);
  lines.push('Content-Length', String(payload.length));
  if (req.headers.upgrade !== undefined) lines.push('Connection', 'close');
  try {
    res.writeHead(status, lines);
    res.end(req.method === 'HEAD' ? undefined : payload);
    if (!req.complete) drainUpload(req);
  } catch {
    res.destroy();
  }
}

/** An uploading client reads the answer only after it has sent its body, so the rest is taken in, within bounds. */
function drainUpload(req: IncomingMessage): void {
  let left = drainBytes;
  const timer = setTimeout(() => req.destroy(), drainMilliseconds);
  timer.unref();
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) req.destroy();
  });
  req.once('close', () => clearTimeout(timer));
}

export function sendPage(
  outlet: Outlet,
  status: number,
  content: PageContent,
  setCookies: readonly string[] = [],
): void {
  send(outlet, status, buildPageHeaders(content), setCookies, buildPage(content));
}

/** A page of ours that leads on by itself: to the browser the next address is then asked for by this site, not by another one. */
export function sendOnward(outlet: Outlet, path: string, setCookies: readonly string[]): void {
  const content: PageContent = {
    title: 'You are signed in',
    paragraphs: ['The page you asked for opens in a moment.'],
    actions: [{ kind: 'link', href: path, label: 'Go on' }],
  };
  send(outlet, 200, { ...pageHeaders, Refresh: `0; url=${path}` }, setCookies, buildPage(content));
}

export function sendJson(
  outlet: Outlet,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  setCookies: readonly string[] = [],
): void {
  send(
    outlet,
    status,
    // No page of another site can embed it as a picture or script, and measure or read it there.
    { 'Content-Type': 'application/json; charset=utf-8', 'Cross-Origin-Resource-Policy': 'same-origin', ...headers },
    setCookies,
    `${JSON.stringify(value)}\n`,
  );
}

export function sendRedirect(outlet: Outlet, location: string, setCookies: readonly string[] = []): void {
  // RFC 9110, section 15.4.4: what was posted here must not be posted there.
  const status = outlet.req.method === 'POST' ? 303 : 302;
  send(outlet, status, { Location: location, 'Referrer-Policy': 'no-referrer' }, setCookies, '');
}

/** Answers with a refusal: a page for people, JSON for programs, XML for WebDAV clients without credentials. The detail stays in the log. */
export function sendRefusal(outlet: Outlet, refusal: Refusal, context: RefusalContext = {}): void {
  const { req } = outlet;
  const headers: Record<string, string> = {};
  if (refusal.retryAfter !== undefined) {
    // Another instance can answer at once; everyone else would only be asked too often.
    const least = refusal.code === 'upstream_gone' ? 0 : 1;
    headers['Retry-After'] = String(Math.max(least, Math.ceil(refusal.retryAfter)));
  }
  if (context.allow !== undefined) headers['Allow'] = context.allow;
  // RFC 9110, section 11.6.1; scripts are spared a challenge that could open a dialog.
  if (refusal.status === 401 && (context.challengesScripts === true || !isScripted(req.headers))) {
    headers['WWW-Authenticate'] = context.challenge ?? buildChallenge(context.scheme ?? 'bearer', refusal.code);
  }
  if (refusal.status === 401 && isDav(req.method)) {
    headers['Content-Type'] = 'application/xml; charset=utf-8';
    send(outlet, 401, headers, context.setCookies ?? [], buildDavError(refusal, outlet.requestId));
    return;
  }
  if (wantsPage(req.headers)) {
    const content: PageContent = {
      title: titlesByCode[refusal.code] ?? titles[refusal.status] ?? 'This did not work',
      paragraphs: [refusal.sentence],
      facts: [...(context.facts ?? []), ['Code', refusal.code], ['Request', outlet.requestId]],
      ...(context.actions === undefined ? {} : { actions: context.actions }),
    };
    send(outlet, refusal.status, { ...pageHeaders, ...headers }, context.setCookies ?? [], buildPage(content));
    return;
  }
  const body: Record<string, string> = {
    error: refusal.code,
    error_description: refusal.sentence,
    request_id: outlet.requestId,
  };
  for (const [name, value] of context.facts ?? []) body[name.toLowerCase().replaceAll(' ', '_')] = value;
  if (context.loginUrl !== undefined) body['login_url'] = context.loginUrl;
  sendJson(outlet, refusal.status, body, headers, context.setCookies ?? []);
}

const titlesByCode: Readonly<Partial<Record<ErrorCode, string>>> = {
  bearer_required: 'An access token is needed',
  sign_in_off: 'There is nothing here',
};

const titles: Readonly<Record<number, string>> = {
  400: 'This request cannot be answered',
  401: 'Please sign in',
  403: 'No access',
  405: 'Not possible here',
  502: 'This did not work',
  503: 'Not available at the moment',
  504: 'No answer in time',
};
