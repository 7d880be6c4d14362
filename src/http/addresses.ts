import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.process>;
type Range = readonly [Address, number];

/** One IP address in its usual spelling, and whether it belongs to a trusted proxy. */
export interface KnownAddress {
  readonly text: string;
  readonly isTrusted: boolean;
}

const memoSize = 1024;
const longestAddress = 64;

/**
 * Reads addresses as they stand in X-Forwarded-For, also with a port or in brackets; undefined for anything else. IPv4-mapped IPv6 is
 * IPv4 here. `trusted` holds CIDRs or single addresses; throws an Error that names the wrong one.
 */
export function createAddressBook(trusted: readonly string[]): (text: string) => KnownAddress | undefined {
  const ranges = trusted.map(readRange);
  const memo = new Map<string, KnownAddress | undefined>();

  return function find(text) {
    if (memo.has(text)) return memo.get(text);
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
  return { text: address.toString(), isTrusted: ranges.some((range) => isIn(address, range)) };
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
