/** Why there was no answer, in words, and how sure it is that nobody listens. */
export interface NetworkFault {
  readonly kind: 'name' | 'refused' | 'silent' | 'no_way' | 'broken' | 'certificate' | 'tls' | 'protocol' | 'socket';
  /** Goes on after the name of the peer: `nothing listens there`. */
  readonly cause: string;
}

const faults: ReadonlyMap<string, NetworkFault> = new Map([
  ['ENOTFOUND', { kind: 'name', cause: 'the host name is unknown here' }],
  ['EAI_AGAIN', { kind: 'name', cause: 'the host name could not be looked up: no answer of the name server' }],
  ['ECONNREFUSED', { kind: 'refused', cause: 'nothing listens there (connection refused)' }],
  ['EHOSTUNREACH', { kind: 'no_way', cause: 'there is no way to that address' }],
  ['ENETUNREACH', { kind: 'no_way', cause: 'there is no way to that network' }],
  ['EADDRNOTAVAIL', { kind: 'no_way', cause: 'there is no way to that address' }],
  ['ECONNRESET', { kind: 'broken', cause: 'the connection was taken and ended without an answer' }],
  ['EPIPE', { kind: 'broken', cause: 'the connection was taken and ended without an answer' }],
  ['UND_ERR_SOCKET', { kind: 'broken', cause: 'the connection was taken and ended without an answer' }],
  ['ENOENT', { kind: 'socket', cause: 'there is no such socket' }],
  ['EACCES', { kind: 'socket', cause: 'this process may not open it' }],
  ['EPERM', { kind: 'no_way', cause: 'this process may not connect there' }],
  ['CERT_HAS_EXPIRED', { kind: 'certificate', cause: 'its certificate has expired' }],
  ['CERT_NOT_YET_VALID', { kind: 'certificate', cause: 'its certificate is not valid yet; compare the clocks' }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', { kind: 'certificate', cause: 'its certificate is for another name' }],
  ['HOSTNAME_MISMATCH', { kind: 'certificate', cause: 'its certificate is for another name' }],
  ['CERT_REVOKED', { kind: 'certificate', cause: 'its certificate was revoked' }],
]);

/** The authority is the fault in all of these. */
const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
]);

const late: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** The plain cause of a failed request; undefined where the error is none of the network. */
export function findNetworkFault(error: unknown): NetworkFault | undefined {
  const seen = listErrors(error);
  if (seen.some(({ name }) => name === 'TimeoutError' || name === 'AbortError')) return silence;
  for (const { code, message } of seen) {
    if (code === undefined) continue;
    const known = faults.get(code);
    if (known !== undefined) return known;
    if (late.has(code)) return silence;
    if (untrusted.has(code)) {
      const who = code.includes('SELF_SIGNED') ? 'it is self-signed' : 'its authority is unknown here';
      return { kind: 'certificate', cause: `its certificate is not trusted: ${who}` };
    }
    if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return judgeTls(code, message);
    if (code.startsWith('HPE_')) {
      return { kind: 'protocol', cause: 'it answers with something that is not HTTP; perhaps it speaks https' };
    }
  }
  return undefined;
}

const silence: NetworkFault = {
  kind: 'silent',
  cause: 'no answer in time; a firewall or a network policy may drop the packets',
};

function judgeTls(code: string, message: string): NetworkFault {
  const text = `${code} ${message}`.toUpperCase().replaceAll(' ', '_');
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL/.test(text)) {
    return { kind: 'tls', cause: 'it does not speak TLS at this port; perhaps it speaks plain http' };
  }
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA/.test(text)) {
    return { kind: 'tls', cause: 'it ended the TLS handshake; perhaps it demands a certificate of ours' };
  }
  return { kind: 'tls', cause: 'the TLS handshake failed' };
}

interface Seen {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
}

/** The error and what it was made of, outermost first. */
function listErrors(error: unknown): readonly Seen[] {
  const seen: Seen[] = [];
  let at = error;
  for (let depth = 0; depth < 6 && at instanceof Error; depth += 1) {
    const { code } = at as NodeJS.ErrnoException;
    seen.push({ name: at.name, message: at.message, code: typeof code === 'string' ? code : undefined });
    at = at.cause ?? (at instanceof AggregateError ? at.errors[0] : undefined);
  }
  return seen;
}
