import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fetch } from 'undici';
import { startClaimgate, waitForLine } from '../support/child.ts';

/** A Claimgate with the probe that kubelet makes. */
export interface Pod {
  readonly port: number;
  readonly process: ChildProcess;
  isReady(): Promise<boolean>;
  /** SIGTERM; resolves with the exit code. */
  end(): Promise<number | null>;
}

/** Starts one and resolves when its readiness probe succeeds. */
export async function startPod(env: Readonly<Record<string, string>>): Promise<Pod> {
  const child = startClaimgate('serve', {
    PROXY_HTTP_ADDR: '127.0.0.1:0',
    PROXY_DEBUG_ADDR: '127.0.0.1:0',
    ...env,
  });
  const line = await waitForLine(child, 'listening');
  child.stdout?.resume();
  const [{ port = 0 } = {}] = line['address'] as Partial<AddressInfo>[];
  const readyz = `http://127.0.0.1:${(line['admin'] as AddressInfo).port}/readyz`;
  const pod: Pod = {
    port,
    process: child,
    isReady: async () => (await fetch(readyz)).status === 200,
    async end() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
  };
  while (!(await pod.isReady())) await wait(50);
  return pod;
}
