import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Application, startApplication } from './application.ts';
import { type Pod, startPod } from './pod.ts';
import { startSite } from './site.ts';

/** `app.preStopSeconds`, shorter than the chart's, and no wait of a sidecar's own, as there. */
const preStopMs = 3_000;
const shutdown = { PROXY_SHUTDOWN_WAIT: '0s' };
const lateMs = 2_000;

test('a Pod with a sidecar is replaced under load, and no request fails', async (context) => {
  const { balancer, env, startLoad } = await startSite();
  const applications: Application[] = [];
  context.after(() => Promise.all(applications.map((application) => application.end())));
  const start = async (): Promise<readonly [Application, Pod]> => {
    const application = await startApplication();
    applications.push(application);
    const sidecar = await startPod({ ...env, ...shutdown, PROXY_UPSTREAM_URL: application.url });
    balancer.add(sidecar.port);
    return [application, sidecar];
  };
  const [oldApplication, oldSidecar] = await start();
  const load = await startLoad();
  const sockets = await Promise.all(Array.from({ length: 3 }, () => load.openSocket()));
  const download = load.download();
  while (load.done() < 200) await wait(5);
  const [newApplication] = await start();

  // https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers: preStop hooks of all at once, then SIGTERM in order.
  setTimeout(() => balancer.remove(oldSidecar.port), lateMs);
  oldSidecar.process.kill('SIGUSR2');
  await wait(preStopMs);
  const before = load.done();
  await oldApplication.end();
  assert.equal(await oldSidecar.end(), 0);

  assert.equal(await download, true);
  for (const { closed } of sockets) assert.ok([1001, 1012].includes(await closed), String(await closed));
  while (load.done() < before + 100) await wait(5);
  await load.end();
  assert.deepEqual(load.failures, []);
  assert.ok(newApplication.served() > 100);
});
