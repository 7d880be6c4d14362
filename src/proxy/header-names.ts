/** What happens to one request header; the numbers are what the memo holds. */
export const keep = 0;
export const drop = 1;
export const isCookie = 2;
export const isConnection = 3;
export const isHost = 4;

// RFC 9110, section 7.6.1, RFC 9113, section 8.2.2 and the older list of RFC 2616, section 13.5.1. Expect is answered by our own server;
// Proxy (CVE-2016-5385) would become HTTP_PROXY in CGI programs.
const hopByHop = [
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
  'proxy',
];

/** Names by which applications learn who is asking and for what, beside those that begin with one of the prefixes below. */
const identity = [
  'forwarded',
  'x-forwarded',
  'x-real-ip',
  'x-request-id',
  'x-remote-user',
  'remote-user',
  'remote-groups',
  'remote-name',
  'remote-email',
  'x-original-url',
  'x-original-uri',
  'x-original-method',
  'x-original-host',
  'x-rewrite-url',
  'x-envoy-original-path',
];

const identityPrefixes = ['x-forwarded-', 'x-auth-request-', 'x-authentik-', 'x-webauth-', 'x-claimgate-'];

/** With these an application runs another method than the one that was judged. */
export const methodOverrides = ['x-http-method-override', 'x-http-method', 'x-method-override'];

/** Only their proper spelling means anything here; `Content_Length` would mean the same to a CGI-style application. */
const onlyProper = ['content-length', 'content-type', 'host', 'cookie', 'authorization', 'connection', 'origin'];

/**
 * The form in which applications that follow the CGI naming (RFC 3875, section 4.1.18) or loosen it compare header names:
 * lower case, and every character that is neither letter nor digit becomes `-`.
 */
export function foldName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

const letterA = 0x61;
const letters = 26;
/** The lengths that fit into the bits of one number. */
const longestLength = 30;

/**
 * A quick first look at header names: false for what is certainly none of `names` in any spelling that folds to them, and begins with
 * none of `prefixes`. It looks at the length and the first letter only, and is spared the hash of a name that was never seen before.
 */
export function createSieve(names: Iterable<string>, prefixes: readonly string[] = []): (name: string) => boolean {
  const lengths = new Int32Array(letters);
  for (const name of names) {
    const letter = name.charCodeAt(0) - letterA;
    if (name.length <= longestLength) lengths[letter] = (lengths[letter] ?? 0) | (1 << name.length);
  }
  for (const prefix of prefixes) lengths[prefix.charCodeAt(0) - letterA] = -1;
  return function isCandidate(name) {
    const { length } = name;
    // Makes upper case lower, and a letter of nothing else.
    const letter = (name.charCodeAt(0) | 0x20) - letterA;
    if (length > longestLength || !(letter >= 0 && letter < letters)) return true;
    return ((lengths[letter]! >>> length) & 1) === 1;
  };
}

const memoSize = 1024;
const longestName = 64;

/** Remembers the answers of a pure function of header names; bounded in entries and in length of name. */
export function createMemo(judge: (name: string) => number): (name: string) => number {
  const answers = new Map<string, number>();
  return function find(name) {
    const known = answers.get(name);
    if (known !== undefined) return known;
    const answer = judge(name);
    if (name.length <= longestName) {
      if (answers.size >= memoSize) answers.clear();
      answers.set(name, answer);
    }
    return answer;
  };
}

/** The judge of request header names. `identityHeaders` are the names under which we forward an identity. */
export function createRequestJudge(options: {
  identityHeaders: readonly string[];
  dropMethodOverride: boolean;
}): (name: string) => number {
  const dropped = new Set([...hopByHop, ...identity, ...options.identityHeaders.map(foldName)]);
  if (options.dropMethodOverride) for (const name of methodOverrides) dropped.add(name);
  const proper = new Set(onlyProper);
  const isCandidate = createSieve([...dropped, ...proper], identityPrefixes);
  const judge = createMemo(function judge(name) {
    const folded = foldName(name);
    if (dropped.has(folded) || identityPrefixes.some((prefix) => folded.startsWith(prefix))) return drop;
    if (!proper.has(folded)) return keep;
    if (name.toLowerCase() !== folded) return drop;
    if (folded === 'cookie') return isCookie;
    if (folded === 'connection') return isConnection;
    return folded === 'host' ? isHost : keep;
  });
  return (name) => (isCandidate(name) ? judge(name) : keep);
}
