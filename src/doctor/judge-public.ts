import { createVoice, type Finding, quote } from './finding.ts';
import { findNetworkFault } from './judge-network.ts';
import { isOwnAnswer, type PlainAnswer } from './plain-answer.ts';

const voice = createVoice('public address');
const setting = 'PROXY_PUBLIC_URL';

/** What the one answers that browsers meet at the public URL, to a request that only Claimgate refuses in this way. */
export function judgePublicAnswer(answer: PlainAnswer, at: URL): Finding {
  if (isOwnAnswer(answer)) return voice.ok(`Claimgate answers at ${at.origin}`);
  const { status, location } = answer;
  if (status >= 300 && status < 400 && location !== undefined && URL.canParse(location, at.href)) {
    const to = new URL(location, at);
    if (to.href === at.href) {
      const sentence = `${at.origin} redirects to itself: Claimgate believes that requests come over plain http. Name the proxy that ends TLS, which must send X-Forwarded-Proto`;
      return voice.failed(sentence, 'PROXY_FORCE_HTTPS', 'PROXY_TRUSTED_PROXIES');
    }
    if (to.origin !== at.origin) {
      const sentence = `${at.origin} redirects to ${quote(to.origin)}: people end at another address than the one that cookies and the redirect URI are made for`;
      return voice.warning(sentence, setting);
    }
  }
  return voice.warning(`something answers at ${at.origin} (status ${status}), and it is not Claimgate`, setting);
}

export function judgePublicFault(error: unknown, at: URL): Finding {
  const fault = findNetworkFault(error);
  const cause = `${at.origin}: ${fault?.cause ?? 'the request failed'}`;
  if (fault?.kind === 'tls' || fault?.kind === 'protocol') {
    return voice.warning(`${cause}. The scheme or the port of the public URL may be wrong`, setting);
  }
  if (fault?.kind === 'certificate' && !fault.cause.includes('not trusted')) return voice.warning(cause, setting);
  return voice.notTested(`${cause}. From here that need not mean anything; open it in a browser`);
}

export interface StartFacts {
  readonly clientIds: readonly string[];
  readonly redirectUris: readonly string[];
  /** With which the name of the login cookie begins. */
  readonly cookiePrefix: string;
  readonly secure: boolean;
}

/** How the running Claimgate begins a sign-in: its settings, and what becomes of its cookies on the way. */
export function judgeStart({ status, location, setCookies }: PlainAnswer, facts: StartFacts): readonly Finding[] {
  // Several providers: a page to choose from, without a cookie.
  if (status === 200) return [];
  const to = status >= 300 && status < 400 && location !== undefined ? URL.parse(location) : null;
  if (to === null) {
    return [voice.warning(`a sign-in cannot be begun there: status ${status}; see the log of the running Claimgate`)];
  }
  const found: Finding[] = [];
  const clientId = to.searchParams.get('client_id');
  const redirectUri = to.searchParams.get('redirect_uri');
  const isForeign =
    (clientId !== null && !facts.clientIds.includes(clientId)) ||
    (redirectUri !== null && !facts.redirectUris.includes(redirectUri));
  if (isForeign) {
    const sentence = 'the Claimgate that runs there has another client id or redirect URI than this configuration';
    found.push(voice.warning(sentence, 'PROXY_OIDC_CLIENT_ID', setting));
  }
  // A balancer in front may set cookies of its own.
  const own = setCookies.filter((line) => line.replace(/^__Host-/, '').startsWith(facts.cookiePrefix));
  if (own.length === 0) {
    found.push(voice.failed('the login cookie is lost on the way: a proxy in front drops Set-Cookie'));
  } else if (facts.secure && own.some((line) => !/;\s*secure\b/i.test(line))) {
    found.push(
      voice.failed('the login cookie arrives without Secure: a proxy in front, or another public URL there', setting),
    );
  } else found.push(voice.ok('a sign-in begins there, and its cookie arrives'));
  return found;
}
