import { findPort, openConnection } from './connection.ts';
import type { Finding } from './finding.ts';
import { judgeOutside, type OutsideMeeting } from './judge-outside.ts';
import { loadPlain } from './plain-http.ts';

const longestMs = 5_000;

/** Asks the application directly, where it should not answer. One of `reachable` must take a connection, for silence to count. */
export async function probeOutside(addresses: readonly URL[], reachable: readonly URL[]): Promise<readonly Finding[]> {
  const [met, ways] = await Promise.all([Promise.all(addresses.map(meet)), Promise.all(reachable.map(hasWayTo))]);
  const hasWay = ways.includes(true);
  return met.map((one, index) => judgeOutside(addresses[index]?.href ?? '', one, hasWay));
}

async function hasWayTo(at: URL): Promise<boolean> {
  try {
    await openConnection(at.hostname, findPort(at), longestMs);
    return true;
  } catch {
    return false;
  }
}

async function meet(at: URL): Promise<OutsideMeeting> {
  try {
    await openConnection(at.hostname, findPort(at), longestMs);
  } catch (error) {
    return { kind: 'no_connection', error };
  }
  try {
    const request = { timeoutMs: longestMs, accept: 'application/json', insecure: true };
    return { kind: 'answer', answer: await loadPlain(at.href, request) };
  } catch (error) {
    return { kind: 'no_answer', error };
  }
}

/** `host:port` means http; undefined for what is no address, or holds a password. */
export function findOutsideAddress(text: string): URL | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  url.search = '';
  url.hash = '';
  return url;
}
