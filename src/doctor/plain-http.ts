import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import type { PlainAnswer } from './plain-answer.ts';

interface PlainRequest {
  readonly timeoutMs: number;
  readonly accept: string;
  /** Any certificate will do: nothing is sent that is worth protecting. */
  readonly insecure?: boolean;
  /** The only IP address to connect to, whatever the host has. */
  readonly address?: string;
}

export type LoadPlain = (url: string, request: PlainRequest) => Promise<PlainAnswer>;

const MOST_BYTES = 65_536;

/** A GET without credentials, that follows nothing. */
export const loadPlain: LoadPlain = async (url, { timeoutMs, accept, insecure = false, address }) => {
  const dispatcher = new Agent({
    connect: {
      timeout: timeoutMs,
      rejectUnauthorized: !insecure,
      ...(address !== undefined && { lookup: createLookup(address) }),
    },
    pipelining: 0,
  });
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      headers: { accept, 'user-agent': 'claimgate doctor' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of body) {
        chunks.push(chunk as Buffer);
        size += (chunk as Buffer).length;
        if (size >= MOST_BYTES) break;
      }
    } catch {
      // The head came, which is an answer.
    }
    const { location } = headers;
    return {
      status: statusCode,
      ...(typeof location === 'string' ? { location } : {}),
      setCookies: [headers['set-cookie'] ?? []].flat(),
      body: Buffer.concat(chunks).toString('utf8', 0, MOST_BYTES),
    };
  } finally {
    dispatcher.destroy().catch(() => undefined);
  }
};

function createLookup(address: string): LookupFunction {
  const family = isIP(address);
  return (_host, { all }, give) => (all === true ? give(null, [{ address, family }]) : give(null, address, family));
}
