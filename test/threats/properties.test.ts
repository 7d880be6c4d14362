import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findViolation } from '../fuzz/invariants.ts';
import { identities } from '../support/people.ts';
import { forwarded, sendTo, startProduct } from '../support/product.ts';
import { findStatus, openClient } from '../support/raw-client.ts';

const product = await startProduct();
const cara = await product.cookieOf('cara');

/** Several requests on one connection, so that a run of them costs little. Resolves with the statuses. */
async function askAll(requests: readonly string[]): Promise<number[]> {
  const client = await openClient(product.port);
  const statuses: number[] = [];
  try {
    for (const request of requests) {
      client.send(request);
      statuses.push(findStatus(await client.readMessage()));
    }
  } finally {
    client.socket.destroy();
  }
  return statuses;
}

const pieces = fc.constantFrom(
  ...'/ // . .. ; ;a=b %2e %252e %25 %2f %5c % %61 %2561 %3f %23 %00 %zz'.split(' '),
  ...'? \\ a admin public methods %C3%A9 %c0%ae " | { & __proto__'.split(' '),
);
const targets = fc.array(
  fc
    .tuple(fc.constantFrom('/', '/public/', '/admin/', '/x/'), fc.array(pieces, { maxLength: 8 }))
    .map(([start, rest]) => start + rest.join('')),
  { minLength: 8, maxLength: 8 },
);

/** What a rule of the product says about the paths below it, written down a second time. */
function findExpectedRule(path: string): RegExp {
  if (/^\/public(?:\/|$)/.test(path)) return /^rules\[0\] \/public$/;
  if (/^\/admin(?:\/|$)/.test(path)) return /^rules\[1\] \/admin$/;
  return /^(?:default|rules\[2\] \/methods)$/;
}

test('threat 37: what the rules judged is byte for byte what the application gets', async () => {
  await fc.assert(
    fc.asyncProperty(targets, async (list) => {
      const before = { requests: product.upstream.requests.length, lines: product.app.logs.length };
      const statuses = await askAll(list.map((target) => sendTo(`GET ${target}`, [cara])));
      await product.waitForLine((_line, index) => {
        const lines = product.app.logs.slice(before.lines).filter(({ msg }) => msg === 'request');
        return index >= before.lines && lines.length === list.length;
      });
      const lines = product.app.logs.slice(before.lines).filter(({ msg }) => msg === 'request');
      const passed = list.filter((_target, index) => statuses[index] === 200);
      const received = product.upstream.requests.slice(before.requests);
      assert.deepEqual(
        received.map(({ line }) => line),
        passed.map((target) => `GET ${target} HTTP/1.1`),
      );
      for (const [index, target] of list.entries()) {
        const line = lines[index];
        assert.ok(line);
        assert.equal(line['path'], target.split('?', 1)[0]);
        assert.equal(line['status'], statuses[index]);
        if (statuses[index] !== 200) continue;
        const decoded = decodeURIComponent(target.split('?', 1)[0] ?? '');
        assert.match(String(line['rule']), findExpectedRule(decoded), target);
        assert.doesNotMatch(decoded, /^\/admin(?:\/|$)/);
      }
    }),
    { numRuns: 150 },
  );
});

test('threat 38: requests one after another never get the target of each other', async () => {
  const alike = fc.constantFrom(
    '/x/y',
    '/x%2Dy',
    '/x-y',
    '/x?y',
    '/x/y?',
    '/x/y??',
    '/X/y',
    '/x/y?a',
    '/x/y?A',
    '/x//y',
    '/x/y/',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(alike, { minLength: 10, maxLength: 20 }), async (list) => {
      const before = product.upstream.requests.length;
      await askAll(list.map((target) => sendTo(`GET ${target}`, [cara])));
      assert.deepEqual(
        product.upstream.requests.slice(before).map(({ line }) => line),
        list.map((target) => `GET ${target} HTTP/1.1`),
      );
    }),
    { numRuns: 20 },
  );
});

const names = identities.anna.concat(forwarded).map((line) => line.slice(0, line.indexOf(':')));
const name = fc.constantFrom(...names, 'X-Forwarded-Anything', 'X-Auth-Request-User', 'Remote-User', 'Forwarded');
/** A name with other case and other separators. */
const spelling = fc.tuple(name, fc.array(fc.nat({ max: 5 }), { minLength: 40, maxLength: 40 })).map(([text, dice]) =>
  text
    .split('')
    .map((char, i) =>
      char === '-' ? ('-_.~|!'[dice[i] ?? 0] ?? '-') : (dice[i] ?? 0) > 2 ? char.toUpperCase() : char.toLowerCase(),
    )
    .join(''),
);
const headers = fc.array(
  fc.oneof(
    spelling.map((text) => `${text}: root`),
    fc
      .tuple(
        fc.constantFrom('Connection', 'connection', 'CONNECTION'),
        fc.array(spelling, { minLength: 1, maxLength: 5 }),
      )
      .map(([field, list]) => `${field}: ${list.join(', ')}`),
    fc.constantFrom('X-Kept: 1', 'x-kept: 2', 'Cookie: theme=dark', 'Accept: */*'),
  ),
  { maxLength: 12 },
);

test('threat 2, 6, 7: no spelling of an identity header survives, and ours arrives exactly once', async () => {
  const counted = identities.cara.concat(forwarded).map((line) => line.replace('{id}', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(headers, { minLength: 6, maxLength: 6 }), async (list) => {
      const before = product.upstream.requests.length;
      const statuses = await askAll(list.map((lines) => sendTo('GET /x', [cara, ...lines])));
      assert.deepEqual(new Set(statuses), new Set([200]));
      for (const message of product.upstream.requests.slice(before)) {
        assert.equal(findViolation(message, identities.cara), undefined);
        for (const line of counted) assert.equal(message.raw.split(`\r\n${line}`).length, 2, line);
        assert.doesNotMatch(message.raw, /root/);
      }
    }),
    { numRuns: 150 },
  );
});
