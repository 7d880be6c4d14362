import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { type Destination, headers } from './load.ts';

const withinMs = 120_000;
const chunk = Buffer.alloc(256 * 1024, 'x');

/** One GET or, with `length`, one POST of that many bytes; gives the bytes of the answer and the time in seconds. Throws unless it is a 200. */
export async function transfer(
  to: Destination,
  path: string,
  options: { readonly length?: number; readonly agent?: Agent } = {},
): Promise<{ readonly received: number; readonly seconds: number }> {
  const { length = 0, agent } = options;
  const begin = performance.now();
  const outgoing = request({
    host: '127.0.0.1',
    port: to.port,
    path: to.prefix + path,
    method: length > 0 ? 'POST' : 'GET',
    agent: agent ?? new Agent(),
    timeout: withinMs,
    signal: AbortSignal.timeout(withinMs),
    headers: {
      ...headers,
      Host: to.host,
      Cookie: to.cookies[0] ?? '',
      ...(length > 0 && { 'Content-Type': 'application/octet-stream', 'Content-Length': length }),
    },
  });
  const answered = once(outgoing, 'response');
  for (let sent = 0; sent < length; sent += chunk.length) {
    if (!outgoing.write(chunk.subarray(0, length - sent))) await Promise.race([once(outgoing, 'drain'), answered]);
  }
  outgoing.end();
  const [answer] = await answered;
  let received = 0;
  for await (const data of answer as AsyncIterable<Buffer>) received += data.length;
  if (answer.statusCode !== 200) throw new Error(`${to.name}: ${answer.statusCode} for ${path}`);
  return { received, seconds: (performance.now() - begin) / 1000 };
}
