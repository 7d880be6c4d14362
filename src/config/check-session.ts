import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

const minute = 60_000;

export function checkSession({ session, http }: Config, { problems, notes }: Findings): void {
  if (session.maxAge === 0) {
    notes.push({
      level: 'info',
      setting: 'PROXY_SESSION_MAX_AGE',
      sentence: 'is 0, which means that sessions never end by age',
    });
  } else if (session.maxAge < minute) {
    problems.push({ setting: 'PROXY_SESSION_MAX_AGE', sentence: 'must be at least 1m, or 0 for sessions without end' });
  }
  if (session.idleTimeout > 0 && session.idleTimeout < 1_000) {
    problems.push({ setting: 'PROXY_SESSION_IDLE_TIMEOUT', sentence: 'must be at least 1s, or 0 for none' });
  }
  if (session.maxAge === 0 && session.idleTimeout === 0 && session.lifetime === 'fixed') {
    notes.push({
      level: 'warn',
      setting: 'PROXY_SESSION_IDLE_TIMEOUT',
      sentence: 'is 0 as well: nothing but sign-out ends a session',
    });
  }
  checkCookie({ session, http }, { problems, notes });
}

function checkCookie({ session, http }: Pick<Config, 'session' | 'http'>, { problems, notes }: Findings): void {
  const { protocol, hostname } = new URL(http.publicUrl);
  const { cookieDomain: domain, cookieSameSite } = session;
  if (cookieSameSite === 'none') {
    if (protocol === 'https:') {
      notes.push({
        level: 'warn',
        setting: 'PROXY_COOKIE_SAMESITE',
        sentence: 'is none: pages of other sites can send requests as the person; the application must tell them apart',
      });
    } else {
      problems.push({
        setting: 'PROXY_COOKIE_SAMESITE',
        sentence: 'none needs an https PROXY_PUBLIC_URL: browsers keep such a cookie only with Secure',
      });
    }
  }
  if (domain === undefined) return;
  if (hostname !== domain && !hostname.endsWith(`.${domain}`)) {
    problems.push({
      setting: 'PROXY_COOKIE_DOMAIN',
      sentence: `must be the host of PROXY_PUBLIC_URL (${hostname}) or a parent of it`,
    });
    return;
  }
  notes.push({
    level: 'warn',
    setting: 'PROXY_COOKIE_DOMAIN',
    sentence: `sends the session cookie to every host below ${domain} and lets each of them set one; the prefix __Host- is dropped`,
  });
}
