import type { Findings } from './findings.ts';
import { ownPaths } from './own-paths.ts';
import type { Config } from './schema.ts';

const loopback = /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether plain http to this URL stays on the machine. */
export function isLoopbackUrl(url: string): boolean {
  return loopback.test(new URL(url).hostname);
}

const isHttps = (address: string): boolean => address.startsWith('https:');

/** The application, and those that single rules name. */
function listUpstreams({ upstream, rules }: Config): readonly { readonly setting: string; readonly address: string }[] {
  const named = rules.rules.flatMap(({ upstream: address }, index) =>
    address === undefined ? [] : [{ setting: `rules[${index}].upstream`, address }],
  );
  return [{ setting: 'PROXY_UPSTREAM_URL', address: upstream.address }, ...named];
}

export function checkAddresses(config: Config, { problems }: Findings): void {
  const { http, admin, signIn, provider } = config;
  const publicUrl = new URL(http.publicUrl);
  if (publicUrl.pathname !== '/' || publicUrl.search !== '') {
    problems.push({ setting: 'PROXY_PUBLIC_URL', sentence: 'must be scheme, host and port only, without a path' });
  }
  if (publicUrl.protocol === 'http:' && !isLoopbackUrl(http.publicUrl)) {
    problems.push({
      setting: 'PROXY_PUBLIC_URL',
      sentence: 'must be https: session cookies do not belong on plain http (loopback hosts excepted)',
    });
  }
  if (http.address.port !== 0 && http.address.port === admin.address.port) {
    problems.push({ setting: 'PROXY_DEBUG_ADDR', sentence: 'must use another port than PROXY_HTTP_ADDR' });
  }
  for (const { setting, address } of listUpstreams(config)) {
    const target = address.startsWith('unix:') ? undefined : new URL(address);
    const port = Number(target?.port || (target?.protocol === 'https:' ? 443 : 80));
    if (target === undefined || !loopback.test(target.hostname)) continue;
    if (port === admin.address.port) {
      problems.push({ setting, sentence: 'points at PROXY_DEBUG_ADDR, the admin port' });
    }
    if (port === http.address.port) {
      problems.push({ setting, sentence: 'points at PROXY_HTTP_ADDR, so requests would go round in a circle' });
    }
  }
  for (const [setting, url] of [
    ['PROXY_OIDC_ISSUER', provider.issuer],
    ['PROXY_OIDC_DISCOVERY_URL', provider.discoveryUrl],
    ['PROXY_OIDC_INTROSPECTION_URL', provider.introspectionUrl],
  ] as const) {
    if (url?.startsWith('http:') === true && !isLoopbackUrl(url)) {
      problems.push({
        setting,
        sentence: 'must be https: keys and tokens do not belong on plain http (loopback hosts excepted)',
      });
    }
  }
  if (Object.values<string>(ownPaths).includes(provider.callbackPath)) {
    problems.push({
      setting: 'PROXY_OIDC_CALLBACK_PATH',
      sentence: `must not be ${provider.callbackPath}, which has another meaning`,
    });
  }
  if (signIn.postLogoutUrl?.startsWith('http:') === true && !isLoopbackUrl(signIn.postLogoutUrl)) {
    problems.push({ setting: 'PROXY_POST_LOGOUT_REDIRECT_URL', sentence: 'must be https (loopback hosts excepted)' });
  }
}

export function checkUpstream(config: Config, { problems }: Findings): void {
  const { upstream, http } = config;
  if ((upstream.certFile === undefined) !== (upstream.keyFile === undefined)) {
    problems.push({
      setting: 'PROXY_UPSTREAM_CERT_FILE',
      sentence: 'and PROXY_UPSTREAM_KEY_FILE go together; set both or none',
    });
  }
  const usesTls = listUpstreams(config).some(({ address }) => isHttps(address));
  const forTls = [
    ['PROXY_HTTPS_CACERT', upstream.caFile, usesTls],
    ['PROXY_UPSTREAM_CERT_FILE', upstream.certFile, usesTls],
    // The name belongs to the one application.
    ['PROXY_UPSTREAM_SERVER_NAME', upstream.serverName, isHttps(upstream.address)],
  ] as const;
  for (const [setting, value, hasEffect] of forTls) {
    if (value !== undefined && !hasEffect) {
      problems.push({ setting, sentence: 'has no effect, because PROXY_UPSTREAM_URL is not https; remove it' });
    }
  }
  for (const origin of http.websocketOrigins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      problems.push({
        setting: 'PROXY_WEBSOCKET_ORIGINS',
        sentence: `holds ${JSON.stringify(origin)}, which is no origin; write scheme, host and port, such as https://other.example.com`,
      });
    }
  }
}
