import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/doctor/finding.ts';
import { loadPlain } from '../../src/doctor/plain-http.ts';
import { findOutsideAddress, type Network, probeOutside } from '../../src/doctor/probe-outside.ts';
import { startServer } from '../support/doctor.ts';
import { buildFault } from '../support/findings.ts';

/** Claimgate is at 10.0.0.1, the application open at 10.0.0.2, and shut by a policy at 10.0.0.3. */
const names: Readonly<Record<string, readonly string[]>> = {
  both: ['fd00::3', '10.0.0.2'],
  half: ['10.0.0.1', '10.0.0.2'],
  mixed: ['fd00::4', '10.0.0.3'],
  site: ['10.0.0.1'],
};
const faults: Readonly<Record<string, string>> = {
  '10.0.0.3': 'ETIMEDOUT',
  'fd00::3': 'ETIMEDOUT',
  'fd00::4': 'ECONNREFUSED',
};

const network: Network = {
  async loadAddresses(host) {
    if (host === 'slow') throw buildFault('EAI_AGAIN');
    return names[host] ?? [host];
  },
  async open(host) {
    const fault = faults[host];
    if (fault !== undefined) throw buildFault(fault);
  },
  async loadPlain(_url, { address }) {
    const own = { status: 401, body: '{"error":"login_required","request_id":"x"}', setCookies: [] };
    return address === '10.0.0.1' ? own : { ...own, status: 200, body: 'the application' };
  },
};

async function probe(app: string, ...reachable: readonly string[]): Promise<Finding> {
  const urls = reachable.map((host) => new URL(`http://${host}:8080`));
  const [found] = await probeOutside([new URL(`http://${app}:3000`)], urls, network);
  assert.ok(found !== undefined);
  return found;
}

test('an application that is open at one of the addresses of its name has failed, however the others behave', async () => {
  const both = await probe('both', 'site');
  assert.equal(both.level, 'failed');
  assert.match(both.sentence, /http:\/\/both:3000\/ \(10\.0\.0\.2\) answers \(status 200\)/);
  assert.equal((await probe('half', 'site')).level, 'failed');
});

test('one address that refuses is no proof for another that is silent', async () => {
  assert.equal((await probe('mixed')).level, 'failed');
  assert.equal((await probe('mixed', '10.0.0.3')).level, 'failed');
  assert.equal((await probe('mixed', 'site')).level, 'ok');
});

test('a name that cannot be looked up proves nothing', async () => {
  assert.equal((await probe('slow', 'site')).level, 'failed');
});

test('that loopback can be reached is no proof of a network', async () => {
  for (const way of ['127.0.0.1', '[::1]']) assert.equal((await probe('10.0.0.3', way)).level, 'failed', way);
  assert.equal((await probe('10.0.0.3', '127.0.0.1', 'site')).level, 'ok');
});

test('nothing listens at port 0, whose silence would look like a proof', () => {
  assert.equal(findOutsideAddress('10.0.0.2:0'), undefined);
  assert.equal(findOutsideAddress('10.0.0.2:1')?.port, '1');
});

test('a request goes to the address that was named, whatever the name has', async () => {
  const { port } = await startServer((req, res) => res.end(req.headers.host));
  const request = { timeoutMs: 5_000, accept: '*/*', address: '127.0.0.1' };
  const { body } = await loadPlain(`http://app.invalid:${port}/`, request);
  assert.equal(body, `app.invalid:${port}`);
});
