import { lookup } from 'node:dns/promises';
import { findPort, openConnection } from './connection.ts';
import type { Finding } from './finding.ts';
import { judgeOutside, type OutsideMeeting } from './judge-outside.ts';
import { isLoopbackHost } from './judge-upstream.ts';
import { type LoadPlain, loadPlain } from './plain-http.ts';

const longestMs = 5_000;

/** What is asked of the network. */
export interface Network {
  /** All IP addresses of a host. */
  readonly loadAddresses: (host: string) => Promise<readonly string[]>;
  readonly open: typeof openConnection;
  readonly loadPlain: LoadPlain;
}

const realNetwork: Network = {
  loadAddresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  open: openConnection,
  loadPlain,
};

/** Asks the application directly, where it should not answer. One of `reachable` must take a connection, for silence to count. */
export async function probeOutside(
  addresses: readonly URL[],
  reachable: readonly URL[],
  network: Network = realNetwork,
): Promise<readonly Finding[]> {
  const ways = (await Promise.all(reachable.map((at) => listWays(at, network)))).flat();
  return Promise.all(addresses.map((at) => probeAddresses(at, ways, network)));
}

/** The addresses of this host that take a connection. */
async function listWays(at: URL, network: Network): Promise<readonly string[]> {
  try {
    const hosts = await loadHosts(at, network);
    const tried = await Promise.allSettled(hosts.map((host) => network.open(host, findPort(at), longestMs)));
    return hosts.filter((_, index) => tried[index]?.status === 'fulfilled');
  } catch {
    return [];
  }
}

/** Each address of a name is a way in of its own; the worst one counts. */
async function probeAddresses(at: URL, ways: readonly string[], network: Network): Promise<Finding> {
  let hosts: readonly string[];
  try {
    hosts = await loadHosts(at, network);
  } catch (error) {
    return judgeOutside(at.href, { kind: 'no_connection', error }, false);
  }
  const found = await Promise.all(
    hosts.map(async (host) => {
      // That loopback can be reached says nothing about any network.
      const hasWay = ways.some((way) => !isLoopbackHost(way) || isLoopbackHost(host));
      const name = hosts.length > 1 ? `${at.href} (${host})` : at.href;
      return judgeOutside(name, await meet(at, host, network), hasWay);
    }),
  );
  const worst = found.find(({ level }) => level === 'failed') ?? found[0];
  return worst ?? judgeOutside(at.href, { kind: 'no_connection', error: undefined }, false);
}

function loadHosts({ hostname }: URL, { loadAddresses }: Network): Promise<readonly string[]> {
  return loadAddresses(hostname.replace(/^\[|\]$/g, ''));
}

async function meet(at: URL, host: string, network: Network): Promise<OutsideMeeting> {
  try {
    await network.open(host, findPort(at), longestMs);
  } catch (error) {
    return { kind: 'no_connection', error };
  }
  try {
    const request = { timeoutMs: longestMs, accept: 'application/json', insecure: true, address: host };
    return { kind: 'answer', answer: await network.loadPlain(at.href, request) };
  } catch (error) {
    return { kind: 'no_answer', error };
  }
}

/** `host:port` means http; undefined for what is no address, or holds a password. */
export function findOutsideAddress(text: string): URL | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  // Nothing ever listens there (RFC 6335, section 6), so that its silence would look like a proof.
  if (url.port === '0') return undefined;
  url.search = '';
  url.hash = '';
  return url;
}
