import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request, WebSocket } from 'undici';
import { downloadPieces } from './application.ts';

/** People at work through one address, whose requests are never tried a second time. */
export interface Load {
  readonly failures: readonly string[];
  readonly done: () => number;
  /** Opens a WebSocket; the promise within is its close code. */
  openSocket(): Promise<{ readonly closed: Promise<number> }>;
  /** A download of several seconds; whether it came whole. */
  download(): Promise<boolean>;
  end(): Promise<void>;
}

export function startLoad(port: number, host: string, cookie: string): Load {
  const address = `http://127.0.0.1:${port}`;
  const headers = { host, cookie };
  const kept = new Agent({ connections: 6 });
  const fresh = new Agent({ pipelining: 0 });
  const failures: string[] = [];
  const startedAt = performance.now();
  const state = { isOn: true };
  let done = 0;

  async function work(dispatcher: Agent, method: 'GET' | 'POST', pause: number): Promise<void> {
    while (state.isOn) {
      try {
        const body = method === 'POST' ? { body: 'y'.repeat(5_000) } : {};
        const answer = await request(`${address}/page`, { method, dispatcher, headers, ...body });
        const text = await answer.body.text();
        done += 1;
        if (answer.statusCode !== 200 || text.length !== 2_000) throw new Error(`${answer.statusCode} ${text}`);
      } catch (error) {
        failures.push(`${method} after ${(performance.now() - startedAt).toFixed(0)} ms: ${String(error)}`);
      }
      await wait(pause);
    }
  }

  const loops = [
    work(kept, 'GET', 5),
    work(kept, 'GET', 5),
    work(kept, 'POST', 5),
    // People who read: their connections rest, and are used again now and then.
    work(kept, 'GET', 400),
    work(kept, 'POST', 700),
    work(fresh, 'GET', 20),
    work(fresh, 'POST', 20),
  ];
  return {
    failures,
    done: () => done,
    openSocket() {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, {
        headers: { ...headers, origin: `https://${host}` },
      });
      const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
      return new Promise((resolve, reject) => {
        socket.addEventListener('open', () => resolve({ closed }));
        socket.addEventListener('error', () => reject(new Error('the WebSocket did not open')));
      });
    },
    async download() {
      const answer = await request(`${address}/download`, { dispatcher: fresh, headers });
      return answer.statusCode === 200 && (await answer.body.text()) === 'piece '.repeat(downloadPieces);
    },
    async end() {
      state.isOn = false;
      await Promise.all(loops);
      await Promise.all([kept.close(), fresh.close()]);
    },
  };
}
