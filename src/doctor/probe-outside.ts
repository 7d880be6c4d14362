import { findPort, openConnection } from './connection.ts';
import type { Finding } from './finding.ts';
import { judgeOutside, type OutsideMeeting } from './judge-outside.ts';
import { loadPlain } from './plain-http.ts';

const longestMs = 5_000;

/** Asks the application directly, where it should not answer. */
export function probeOutside(addresses: readonly URL[]): Promise<readonly Finding[]> {
  return Promise.all(addresses.map(async (at) => judgeOutside(at.origin + at.pathname, await meet(at))));
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
  return url.username === '' && url.password === '' ? url : undefined;
}
