import { createAddressBook } from './addresses.ts';

/** Tells where requests come from, and tells it to the application. Peers are `socket.remoteAddress`, '' when there is none. */
export interface Forwarded {
  /** The rightmost address that is no trusted proxy; '' when there is no peer address (unix socket). */
  clientAddress(peer: string, rawHeaders: readonly string[]): string;
  /** X-Forwarded-For, -Host, -Proto, -Port and X-Real-IP for the upstream; flat. A new list each time. */
  build(peer: string, rawHeaders: readonly string[]): string[];
}

interface Walk {
  /** Entries that are addresses, oldest first, as far as they are unbroken up to the peer. */
  readonly chain: string;
  readonly client: string;
}

/**
 * What a client says about itself counts only when the peer is a trusted proxy (`trusted`: CIDRs); scheme, host and port are always
 * those of the configured public URL. Throws an Error for a CIDR that is none.
 */
export function createForwarded(options: { trusted: readonly string[]; publicUrl: URL }): Forwarded {
  const find = createAddressBook(options.trusted);
  const { publicUrl } = options;
  const { host } = publicUrl;
  const scheme = publicUrl.protocol === 'https:' ? 'https' : 'http';
  const port = publicUrl.port === '' ? (scheme === 'https' ? '443' : '80') : publicUrl.port;

  function walk(peer: string, rawHeaders: readonly string[]): Walk {
    const known = find(peer);
    if (known === undefined) return { chain: '', client: '' };
    const claimed = known.isTrusted ? joinClaims(rawHeaders) : '';
    if (claimed === '') return { chain: known.text, client: known.text };
    const entries = claimed.split(',');
    const chain = [known.text];
    let client = known.text;
    let trusted = true;
    for (let index = entries.length - 1; index >= 0; index--) {
      const entry = find((entries[index] ?? '').trim());
      // Whoever wrote something else than an address cannot be believed about what stands before it.
      if (entry === undefined) break;
      if (trusted) client = entry.text;
      trusted &&= entry.isTrusted;
      chain.push(entry.text);
    }
    return { chain: chain.toReversed().join(', '), client };
  }

  return {
    clientAddress: (peer, rawHeaders) => walk(peer, rawHeaders).client,
    build(peer, rawHeaders) {
      const { chain, client } = walk(peer, rawHeaders);
      const headers = ['X-Forwarded-Host', host, 'X-Forwarded-Proto', scheme, 'X-Forwarded-Port', port];
      if (chain !== '') headers.push('X-Forwarded-For', chain, 'X-Real-IP', client);
      return headers;
    },
  };
}

/** All X-Forwarded-For lines as one list (RFC 9110, section 5.3). */
function joinClaims(rawHeaders: readonly string[]): string {
  let claims = '';
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length !== 15 || name.toLowerCase() !== 'x-forwarded-for') continue;
    const value = rawHeaders[index + 1] ?? '';
    claims = claims === '' ? value : `${claims},${value}`;
  }
  return claims;
}
