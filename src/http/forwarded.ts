import ipaddr from 'ipaddr.js';

/** Where a request came from. */
export interface Source {
  /** Entries that are addresses, oldest first, as far as they are unbroken up to the peer; '' when there is no peer address (unix socket). */
  readonly chain: string;
  /** The rightmost address that is no trusted proxy; '' when there is no peer address. */
  readonly client: string;
}

/** Tells where requests come from, and tells it to the application. Peers are `socket.remoteAddress`, '' when there is none. */
export interface Forwarded {
  find(peer: string, rawHeaders: readonly string[]): Source;
  /** X-Forwarded-For, -Host, -Proto, -Port and X-Real-IP for the upstream; flat. A new list each time. */
  build(source: Source): string[];
  /**
   * Whether a request came to us, or to the trusted proxy in front, over plain http. Of a trusted proxy that does not say, https is
   * assumed. `encrypted`: the connection of the peer itself.
   */
  cameInPlain(peer: string, encrypted: boolean, rawHeaders: readonly string[]): boolean;
}

const nowhere: Source = { chain: '', client: '' };

/**
 * What a client says about itself counts only when the peer is a trusted proxy (`trusted`: CIDRs); scheme, host and port are always
 * those of the configured public URL. Throws an Error for a CIDR that is none.
 */
export function createForwarded(options: { trusted: readonly string[]; publicUrl: URL }): Forwarded {
  const findAddress = createAddressBook(options.trusted);
  const { publicUrl } = options;
  const { host } = publicUrl;
  const scheme = publicUrl.protocol === 'https:' ? 'https' : 'http';
  const port = publicUrl.port === '' ? (scheme === 'https' ? '443' : '80') : publicUrl.port;

  function find(peer: string, rawHeaders: readonly string[]): Source {
    const known = findAddress(peer);
    if (known === undefined) return nowhere;
    const claimed = known.isTrusted ? joinLines(rawHeaders, 'x-forwarded-for') : '';
    if (claimed === '') return known.alone;
    const entries = claimed.split(',');
    const chain = [known.text];
    let client = known.text;
    let trusted = true;
    for (let index = entries.length - 1; index >= 0; index--) {
      const entry = findAddress((entries[index] ?? '').trim());
      // Whoever wrote something else than an address cannot be believed about what stands before it.
      if (entry === undefined) break;
      if (trusted) client = entry.text;
      trusted &&= entry.isTrusted;
      chain.push(entry.text);
    }
    return { chain: chain.toReversed().join(', '), client };
  }

  return {
    find,
    cameInPlain(peer, encrypted, rawHeaders) {
      if (findAddress(peer)?.isTrusted !== true) return !encrypted;
      const scheme = findScheme(rawHeaders);
      return scheme === 'http' || scheme === 'ws';
    },
    build({ chain, client }) {
      const headers = ['X-Forwarded-Host', host, 'X-Forwarded-Proto', scheme, 'X-Forwarded-Port', port];
      if (chain !== '') headers.push('X-Forwarded-For', chain, 'X-Real-IP', client);
      return headers;
    },
  };
}

/** The scheme in X-Forwarded-Proto, or else in Forwarded (RFC 7239, section 5.4), of the first proxy; lower case, '' when none says. */
function findScheme(rawHeaders: readonly string[]): string {
  const [scheme = ''] = joinLines(rawHeaders, 'x-forwarded-proto').split(',');
  if (scheme.trim() !== '') return scheme.trim().toLowerCase();
  const forwarded = joinLines(rawHeaders, 'forwarded').replaceAll(/"(?:([a-z]+)|[^"\\]|\\.)*"/gi, '$1');
  const [first = ''] = forwarded.split(',');
  return /(?:^|;)\s*proto=([a-z]+)\s*(?:;|$)/i.exec(first)?.[1]?.toLowerCase() ?? '';
}

/** All lines of that name (lower case) as one list (RFC 9110, section 5.3). */
function joinLines(rawHeaders: readonly string[], wanted: string): string {
  let claims = '';
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== wanted.length || name.toLowerCase() !== wanted) continue;
    const value = rawHeaders[index + 1] ?? '';
    claims = claims === '' ? value : `${claims},${value}`;
  }
  return claims;
}

type Address = ReturnType<typeof ipaddr.process>;
type Range = readonly [Address, number];

/** One IP address in its usual spelling, and whether it belongs to a trusted proxy. */
interface KnownAddress {
  readonly text: string;
  readonly isTrusted: boolean;
  /** A request of this peer that nobody sent on. */
  readonly alone: Source;
}

const memoSize = 1024;
const longestAddress = 64;

/**
 * Reads addresses as they stand in X-Forwarded-For, also with a port or in brackets; undefined for anything else. IPv4-mapped IPv6 is
 * IPv4 here. `trusted` holds CIDRs or single addresses; throws an Error that names the wrong one.
 */
function createAddressBook(trusted: readonly string[]): (text: string) => KnownAddress | undefined {
  const ranges = trusted.map(readRange);
  const memo = new Map<string, KnownAddress | undefined>();

  return function find(text) {
    const found = memo.get(text);
    if (found !== undefined || memo.has(text)) return found;
    const known = readAddress(text, ranges);
    if (text.length <= longestAddress) {
      if (memo.size >= memoSize) memo.clear();
      memo.set(text, known);
    }
    return known;
  };
}

function readRange(text: string): Range {
  try {
    if (!isPlain(text.replace(/\/.*$/, ''))) throw new RangeError('no address');
    const [address, length] = ipaddr.parseCIDR(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
    if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
      if (length < 96) throw new RangeError('shorter than the mapped range');
      return [address.toIPv4Address(), length - 96];
    }
    return [address, length];
  } catch {
    throw new Error(`trusted proxy "${text}": write an address or a CIDR such as 10.0.0.0/8`);
  }
}

function readAddress(text: string, ranges: readonly Range[]): KnownAddress | undefined {
  const bare = dropPort(text);
  if (!isPlain(bare)) return undefined;
  const address = ipaddr.process(bare.replace(/%.*$/, ''));
  const usual = address.toString();
  const isTrusted = ranges.some((range) => isIn(address, range));
  return { text: usual, isTrusted, alone: { chain: usual, client: usual } };
}

/** ipaddr.js also reads octal and short forms of IPv4, which name other addresses elsewhere. */
function isPlain(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && ipaddr.IPv6.isValid(text));
}

function isIn(address: Address, [base, length]: Range): boolean {
  return address.kind() === base.kind() && address.match(base, length);
}

/** `192.0.2.1:443`, `[2001:db8::1]` and `[2001:db8::1]:443` without what is no address. */
function dropPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text);
  if (bracketed !== null) return bracketed[1] ?? '';
  const withPort = /^([\d.]+):\d{1,5}$/.exec(text);
  return withPort === null ? text : (withPort[1] ?? '');
}
