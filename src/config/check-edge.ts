import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

/** What stands between browsers and Claimgate itself: https, its certificate, and headers for browsers. */
export function checkEdge({ edge, http }: Config, { problems, notes }: Findings): void {
  if (new URL(http.publicUrl).protocol !== 'https:') {
    const forHttps = {
      PROXY_FORCE_HTTPS: edge.forceHttps,
      PROXY_HSTS_MAX_AGE: edge.hstsMaxAge > 0,
      PROXY_TLS: edge.tls,
    };
    for (const [setting, isSet] of Object.entries(forHttps)) {
      if (isSet) problems.push({ setting, sentence: 'needs a PROXY_PUBLIC_URL with https; change that, or remove it' });
    }
  }
  if (edge.hstsIncludeSubdomains && edge.hstsMaxAge === 0) {
    problems.push({
      setting: 'PROXY_HSTS_INCLUDE_SUBDOMAINS',
      sentence: 'has no effect without PROXY_HSTS_MAX_AGE; set both or none',
    });
  }
  const files = { PROXY_TRANSPORT_TLS_CERT: edge.tlsCert, PROXY_TRANSPORT_TLS_KEY: edge.tlsKey };
  for (const [setting, path] of Object.entries(files)) {
    if (edge.tls && path === undefined) {
      problems.push({ setting, sentence: 'is missing: PROXY_TLS needs the PEM files of a certificate and its key' });
    } else if (!edge.tls && path !== undefined) {
      problems.push({ setting, sentence: 'has no effect, because PROXY_TLS is not true; set it, or remove this' });
    }
  }
  if (edge.cspFile !== undefined && edge.cspOverrideFile !== undefined) {
    notes.push({
      level: 'warn',
      setting: 'PROXY_CSP_CONFIG_FILE_LOCATION',
      sentence: 'is not read, because PROXY_CSP_CONFIG_FILE_OVERRIDE_LOCATION is the whole policy',
    });
  }
}
