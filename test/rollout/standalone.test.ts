import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startApplication } from './application.ts';
import { type Pod, startPod } from './pod.ts';
import { startSite } from './site.ts';

/** How much later than the SIGTERM the endpoint leaves the balancer, and how long Claimgate waits for that. */
const lateMs = 2_000;
const shutdown = { PROXY_SHUTDOWN_WAIT: '3s' };

test('two replicas are replaced one by one under load, and no request fails', async (context) => {
  const { balancer, env, startLoad } = await startSite();
  const application = await startApplication();
  context.after(() => application.end());
  const start = async (): Promise<Pod> => {
    const pod = await startPod({ ...env, ...shutdown, PROXY_UPSTREAM_URL: application.url });
    balancer.add(pod.port);
    return pod;
  };
  /** Endpoint and process are taken away at the same time; the news of the first is slower. */
  const replace = async (old: Pod): Promise<number | null> => {
    await start();
    setTimeout(() => balancer.remove(old.port), lateMs);
    const code = old.end();
    while (await old.isReady()) await wait(5);
    return code;
  };
  const first = await start();
  const second = await start();
  const load = await startLoad();
  const sockets = await Promise.all(Array.from({ length: 4 }, () => load.openSocket()));
  // Both last longer than the wait.
  const downloads = [load.download(), load.download()];
  while (load.done() < 200) await wait(5);

  assert.deepEqual(await Promise.all([replace(first), replace(second)]), [0, 0]);
  assert.deepEqual(await Promise.all(sockets.map(({ closed }) => closed)), [1001, 1001, 1001, 1001]);
  assert.deepEqual(await Promise.all(downloads), [true, true]);
  const before = load.done();
  while (load.done() < before + 100) await wait(5);
  await load.end();
  assert.deepEqual(load.failures, []);
});
