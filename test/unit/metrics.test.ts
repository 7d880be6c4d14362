import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../../src/metrics.ts';

test('requests are counted by outcome and class of the status, and each look shows all there were', async () => {
  const metrics = createMetrics({ countTunnels: () => 0, listProviders: () => [] });
  const find = async (): Promise<readonly string[]> =>
    (await metrics.registry.metrics())
      .split('\n')
      .filter((line) => /^claimgate_requests_total|_seconds_count/.test(line));
  assert.deepEqual(await find(), []);
  for (const status of [200, 204, 404]) metrics.countRequest('forwarded', status, 0.01);
  metrics.countRequest('own', 302, 0.01);
  const first = [
    'claimgate_requests_total{outcome="forwarded",status="2xx"} 2',
    'claimgate_requests_total{outcome="forwarded",status="4xx"} 1',
    'claimgate_requests_total{outcome="own",status="3xx"} 1',
    'claimgate_request_duration_seconds_count{outcome="forwarded"} 3',
    'claimgate_request_duration_seconds_count{outcome="own"} 1',
  ];
  assert.deepEqual(await find(), first);
  assert.deepEqual(await find(), first);
  metrics.countRequest('forwarded', 200, 0.01);
  metrics.countRequest('forwarded', 999, 0.01);
  const second = await find();
  assert.ok(second.includes('claimgate_requests_total{outcome="forwarded",status="2xx"} 3'));
  assert.ok(second.includes('claimgate_requests_total{outcome="forwarded",status="other"} 1'));
});
