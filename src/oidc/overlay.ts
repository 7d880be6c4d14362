import type { Log } from './timer.ts';

/** Addresses that count instead of those of the discovery document, by their names there: absolute, below the issuer (`./`), or `none`. */
export type EndpointOverrides = Readonly<Record<string, string>>;

type Document = Readonly<Record<string, unknown>>;

/** The document with every address absolute, and with what was configured in the place of what it says. */
export function overlayEndpoints(document: Document, overrides: EndpointOverrides, log: Log | undefined): Document {
  const { issuer } = document;
  const base = typeof issuer === 'string' && URL.canParse(issuer) ? `${issuer.replace(/\/$/, '')}/` : undefined;
  const resolve = (value: string): string => (URL.canParse(value, base) ? new URL(value, base).href : value);
  const result: Record<string, unknown> = { ...document };
  for (const [name, value] of Object.entries(document)) {
    if (!isEndpoint(name) || typeof value !== 'string' || value === '' || URL.canParse(value)) continue;
    result[name] = resolve(value);
    if (overrides[name] === undefined)
      log?.('warn', 'provider_endpoint_relative', { endpoint: name, used: result[name] });
  }
  for (const [name, value] of Object.entries(overrides)) {
    if (value === 'none') delete result[name];
    // Only `./` is resolved: the rest stays to the letter, placeholders included.
    else result[name] = value.startsWith('./') && base !== undefined ? `${base}${value.slice(2)}` : value;
  }
  return result;
}

const isEndpoint = (name: string): boolean => name.endsWith('_endpoint') || name === 'jwks_uri';
