import { createVoice, type Finding, quoteList } from './finding.ts';
import { findNetworkFault } from './judge-network.ts';

const voice = createVoice('application');
const around = createVoice('way around');

/** What the application, or one that a rule names, answered to a GET of its root. */
export function judgeUpstreamAnswer(status: number, address: string, setting: string): Finding {
  const what = `${address} answered with status ${status}`;
  if (status === 400 || status === 421) {
    return voice.warning(`${what}; it may expect https, or another Host`, setting, 'PROXY_UPSTREAM_HOST');
  }
  return status >= 500 ? voice.warning(what, setting) : voice.ok(what);
}

export function judgeUpstreamFault(error: unknown, address: string, setting: string): Finding {
  const fault = findNetworkFault(error);
  if (fault === undefined) return voice.failed(`${address}: the request failed`, setting);
  const sentence = `${address}: ${fault.cause}`;
  switch (fault.kind) {
    case 'certificate':
      return fault.cause.includes('another name')
        ? voice.failed(sentence, 'PROXY_UPSTREAM_SERVER_NAME', setting)
        : voice.failed(sentence, 'PROXY_HTTPS_CACERT');
    case 'tls':
      return voice.failed(sentence, setting, 'PROXY_UPSTREAM_CERT_FILE');
    case 'silent':
      return voice.failed(`${address}: no answer in time`, setting, 'PROXY_UPSTREAM_CONNECT_TIMEOUT');
    default:
      return voice.failed(sentence, setting);
  }
}

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|::1)$/;

/** Where the application listens, as far as its address says. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host.replace(/^\[|\]$/g, ''));
}

/**
 * An application on loopback that other addresses of this host lead to as well. `open`: those among `tried` that took a connection at
 * its port. `isUp`: it did so on loopback.
 */
export function judgeOwnAddresses(
  port: number,
  tried: readonly string[],
  open: readonly string[],
  isUp: boolean,
): Finding {
  if (tried.length === 0) return around.notTested('this host has no address but loopback');
  if (open.length === 0 && !isUp) {
    return around.notTested(`the application takes no connection at port ${port}; try again when it is there`);
  }
  if (open.length === 0) {
    return around.ok(`port ${port} of the application is closed at ${quoteList(tried)}`);
  }
  return around.warning(
    `port ${port} of the application is open at ${quoteList(open)} as well: whoever reaches that gets around Claimgate. Let the application listen on 127.0.0.1 or a unix socket`,
  );
}

/** What remains to be proved from another place. */
export function judgeDistance(address: string): Finding {
  return around.notTested(
    `${address} is not on loopback, so everything that reaches it gets around Claimgate. Rule of thumb: only Claimgate may. Prove it from elsewhere with --app-from-outside`,
  );
}
