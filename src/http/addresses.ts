import ipaddr from 'ipaddr.js';

/** Whom a peer address stands for: an IPv4 address for itself, an IPv6 address for its /64, which is what one site has at least (RFC 6177). */
export function findSite(peer: string): string {
  const bare = peer.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return peer;
  const address = ipaddr.process(bare);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}
