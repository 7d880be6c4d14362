import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a person is opening a page in a tab: only then a sign-in may start. Frames, scripts, images, prefetches and
 * API clients get 401 instead. https://www.w3.org/TR/fetch-metadata/
 */
export function isNavigation(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  if (method !== 'GET' || headers.upgrade !== undefined || isScripted(headers) || isPrefetch(headers)) return false;
  const mode = headers['sec-fetch-mode'];
  const destination = headers['sec-fetch-dest'];
  if (mode !== undefined && mode !== 'navigate') return false;
  if (destination !== undefined && destination !== 'document') return false;
  return acceptsHtml(headers);
}

/** Whether the answer is read by a person rather than by a program. */
export function wantsPage(headers: IncomingHttpHeaders): boolean {
  if (headers.upgrade !== undefined || isScripted(headers)) return false;
  // No browser opens a page with a bearer token.
  if (/^bearer\b/i.test(headers.authorization ?? '')) return false;
  const mode = headers['sec-fetch-mode'];
  return (mode === undefined || mode === 'navigate') && acceptsHtml(headers);
}

/** Whether a script of the older kind sent it; such a caller gets no challenge that could open a dialog. */
export function isScripted(headers: IncomingHttpHeaders): boolean {
  return String(headers['x-requested-with'] ?? '').toLowerCase() === 'xmlhttprequest';
}

/** False for what a page loads or fetches ahead on its own; true also for browsers that do not say. */
export function isOpenedByPerson(headers: IncomingHttpHeaders): boolean {
  const destination = headers['sec-fetch-dest'];
  return !isPrefetch(headers) && (destination === undefined || destination === 'document');
}

function acceptsHtml(headers: IncomingHttpHeaders): boolean {
  return headers.accept?.includes('text/html') ?? false;
}

function isPrefetch(headers: IncomingHttpHeaders): boolean {
  return String(headers['sec-purpose'] ?? headers['purpose'] ?? '').includes('prefetch');
}

/** `same` when the browser says the request comes from our own pages, `other` when from elsewhere, `unknown` when it does not say. */
export function findRequestOrigin(headers: IncomingHttpHeaders, publicOrigin: string): 'same' | 'other' | 'unknown' {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? 'same' : 'other';
  if (headers.origin !== undefined) return headers.origin === publicOrigin ? 'same' : 'other';
  return 'unknown';
}
