import { createUpstream, type UpstreamOptions } from '../proxy/upstream.ts';
import { findPort, openConnection } from './connection.ts';
import { createVoice, type Finding } from './finding.ts';
import { loadFindings } from './guard.ts';
import {
  isLoopbackHost,
  judgeDistance,
  judgeOwnAddresses,
  judgeUpstreamAnswer,
  judgeUpstreamFault,
} from './judge-upstream.ts';

export interface UpstreamProbe {
  readonly options: UpstreamOptions;
  /** Names the application: the setting, or the rule. */
  readonly setting: string;
  /** The Host that requests arrive with; that of the address when absent. */
  readonly host?: string;
  /** Addresses of this host that others could reach. */
  readonly ownAddresses: readonly string[];
}

const longestMs = 5_000;
const connectMs = 1_000;
const mostAddresses = 8;

/** Whether the application answers, and whether it can be reached around us as far as that can be told from here. */
export async function probeUpstream(probe: UpstreamProbe): Promise<readonly Finding[]> {
  const found = [
    await loadFindings('application', () => probeAnswer(probe)),
    await loadFindings('way around', () => probeAround(probe)),
  ];
  return found.flat();
}

async function probeAnswer({ options, setting, host }: UpstreamProbe): Promise<readonly Finding[]> {
  const address = options.url;
  const upstream = createUpstream({
    ...options,
    connectTimeoutMs: Math.min(options.connectTimeoutMs, longestMs),
    headersTimeoutMs: longestMs,
  });
  try {
    const { statusCode, body } = await upstream.dispatcher.request({
      origin: upstream.origin,
      path: '/',
      method: 'GET',
      headers: { host: host ?? upstream.hostHeader, accept: '*/*', 'user-agent': 'claimgate doctor' },
      signal: AbortSignal.timeout(longestMs),
      ...(upstream.servername !== undefined && { servername: upstream.servername }),
    });
    body.on('error', () => undefined).destroy();
    return [judgeUpstreamAnswer(statusCode, address, setting)];
  } catch (error) {
    return [judgeUpstreamFault(error, address, setting)];
  } finally {
    await upstream.destroy();
  }
}

async function probeAround({ options, ownAddresses }: UpstreamProbe): Promise<readonly Finding[]> {
  if (options.url.startsWith('unix:')) {
    return [createVoice('way around').ok('the application listens on a socket, which no network leads to')];
  }
  const url = new URL(options.url);
  if (!isLoopbackHost(url.hostname)) return [judgeDistance(options.url)];
  const port = findPort(url);
  const tried = ownAddresses.slice(0, mostAddresses);
  const [isUp, ...answers] = await Promise.all([url.hostname, ...tried].map((address) => isOpen(address, port)));
  return [
    judgeOwnAddresses(
      port,
      tried,
      tried.filter((_, index) => answers[index] === true),
      isUp === true,
    ),
  ];
}

async function isOpen(host: string, port: number): Promise<boolean> {
  try {
    await openConnection(host, port, connectMs);
    return true;
  } catch {
    return false;
  }
}
