import { foldName, methodOverrides } from './header-names.ts';
import { hasContent } from './request-check.ts';

const overrides = new Set(methodOverrides);

/**
 * Whether this is a CORS preflight as browsers send it (https://fetch.spec.whatwg.org/#cors-preflight-fetch): OPTIONS with one Origin
 * and one Access-Control-Request-Method, without content, and nothing that makes another request of it. Takes `IncomingMessage.rawHeaders`.
 */
export function isPreflight(method: string | undefined, rawHeaders: readonly string[]): boolean {
  if (method !== 'OPTIONS') return false;
  let origins = 0;
  let methods = 0;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (name === 'upgrade' || overrides.has(foldName(name))) return false;
    if (rawHeaders[index + 1] === '') continue;
    if (name === 'origin') origins += 1;
    else if (name === 'access-control-request-method') methods += 1;
  }
  return origins === 1 && methods === 1 && !hasContent(rawHeaders);
}
