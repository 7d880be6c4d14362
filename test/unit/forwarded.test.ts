import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createForwarded } from '../../src/http/forwarded.ts';

const publicUrl = new URL('https://app.example');
const forwarded = createForwarded({
  trusted: ['10.0.0.0/8', '127.0.0.1', 'fd00::/8', '::ffff:192.168.0.0/112'],
  publicUrl,
});

// What a proxy in front wrote; the peer; the chain the application sees; the client's address.
const rows: [title: string, claims: string[], peer: string, chain: string, client: string][] = [
  ['a stranger is not believed', ['1.2.3.4'], '198.51.100.7', '198.51.100.7', '198.51.100.7'],
  ['no claim', [], '10.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['an empty claim', [''], '10.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['one trusted proxy', ['203.0.113.9'], '10.0.0.1', '203.0.113.9, 10.0.0.1', '203.0.113.9'],
  [
    'the rightmost stranger is the client',
    ['6.6.6.6, 203.0.113.9'],
    '10.0.0.1',
    '6.6.6.6, 203.0.113.9, 10.0.0.1',
    '203.0.113.9',
  ],
  ['two trusted proxies', ['203.0.113.9, 10.2.0.1'], '10.0.0.1', '203.0.113.9, 10.2.0.1, 10.0.0.1', '203.0.113.9'],
  ['only trusted ones', ['10.3.0.1, 10.2.0.1'], '10.0.0.1', '10.3.0.1, 10.2.0.1, 10.0.0.1', '10.3.0.1'],
  ['several lines', ['203.0.113.9', '10.2.0.1'], '10.0.0.1', '203.0.113.9, 10.2.0.1, 10.0.0.1', '203.0.113.9'],
  ['garbage ends the walk', ['203.0.113.9, unknown, 10.2.0.1'], '10.0.0.1', '10.2.0.1, 10.0.0.1', '10.2.0.1'],
  ['garbage at the end', ['203.0.113.9, '], '10.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['garbage behind the client', ['_hidden, 203.0.113.9'], '10.0.0.1', '203.0.113.9, 10.0.0.1', '203.0.113.9'],
  ['octal is no address', ['010.0.0.1, 10.2.0.1'], '10.0.0.1', '10.2.0.1, 10.0.0.1', '10.2.0.1'],
  ['a number is no address', ['167772161'], '10.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['a short form is no address', ['10.1'], '10.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['a port is left out', ['203.0.113.9:4711'], '10.0.0.1', '203.0.113.9, 10.0.0.1', '203.0.113.9'],
  ['brackets and port', ['[2001:db8::1]:443'], '10.0.0.1', '2001:db8::1, 10.0.0.1', '2001:db8::1'],
  ['mapped addresses are IPv4', ['::ffff:203.0.113.9'], '::ffff:10.0.0.1', '203.0.113.9, 10.0.0.1', '203.0.113.9'],
  ['a mapped range is IPv4', ['203.0.113.9'], '192.168.0.5', '203.0.113.9, 192.168.0.5', '203.0.113.9'],
  ['just outside the mapped range', ['203.0.113.9'], '192.169.0.5', '192.169.0.5', '192.169.0.5'],
  ['IPv6 peers', ['2001:DB8:0:0:0:0:0:1'], 'fd00::2', '2001:db8::1, fd00::2', '2001:db8::1'],
  ['a zone is no part of the address', ['203.0.113.9'], 'fe80::1%eth0', 'fe80::1', 'fe80::1'],
  ['a single address as trusted proxy', ['203.0.113.9'], '127.0.0.1', '203.0.113.9, 127.0.0.1', '203.0.113.9'],
];

for (const [title, claims, peer, chain, client] of rows) {
  test(title, () => {
    const rawHeaders = ['Host', 'x', ...claims.flatMap((claim) => ['X-forwarded-FOR', claim])];
    assert.equal(forwarded.find(peer, rawHeaders).client, client);
    assert.deepEqual(toMap(forwarded.build(forwarded.find(peer, rawHeaders))), {
      'X-Forwarded-For': chain,
      'X-Forwarded-Host': 'app.example',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Port': '443',
      'X-Real-IP': client,
    });
  });
}

test('without a peer address there is no chain', () => {
  assert.equal(forwarded.find('', ['X-Forwarded-For', '10.0.0.1']).client, '');
  assert.deepEqual(Object.keys(toMap(forwarded.build(forwarded.find('', ['X-Forwarded-For', '10.0.0.1'])))), [
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
  ]);
});

test('scheme, host and port come from the public URL and from nothing else', () => {
  const local = createForwarded({ trusted: ['0.0.0.0/0'], publicUrl: new URL('http://localhost:3000/') });
  const claims = [
    'X-Forwarded-Host',
    'evil.example',
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Port',
    '1',
    'Host',
    'evil.example',
  ];
  const headers = toMap(local.build(local.find('192.0.2.1', claims)));
  assert.equal(headers['X-Forwarded-Host'], 'localhost:3000');
  assert.equal(headers['X-Forwarded-Proto'], 'http');
  assert.equal(headers['X-Forwarded-Port'], '3000');
});

test('each list is new, so that callers may add to it', () => {
  const one = forwarded.build(forwarded.find('10.0.0.1', []));
  one.push('X-More', '1');
  assert.ok(!forwarded.build(forwarded.find('10.0.0.1', [])).includes('X-More'));
});

test('a wrong CIDR stops the start and is named', () => {
  for (const wrong of ['10.0.0.0/33', 'proxy', '', '10/8', '::ffff:10.0.0.0/8']) {
    assert.throws(
      () => createForwarded({ trusted: [wrong], publicUrl }),
      (error: Error) => error.message.includes(`"${wrong}"`),
    );
  }
});

test('whatever is claimed, an untrusted peer is the client, and every entry is an address', () => {
  const piece = fc.constantFrom('10.0.0.1', '203.0.113.9', '::1', 'x', '', ' ', '%', '999.1.1.1', '1.2.3.4:5', '[::1]');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((parts) => parts.join(',')),
      ),
      fc.ipV4(),
      (claim, peer) => {
        const rawHeaders = ['X-Forwarded-For', claim];
        const headers = toMap(forwarded.build(forwarded.find(peer, rawHeaders)));
        assert.match(headers['X-Forwarded-For'] ?? '', /^[0-9a-f.:]+(, [0-9a-f.:]+)*$/);
        assert.ok(headers['X-Forwarded-For']?.endsWith(peer));
        if (!peer.startsWith('10.') && !peer.startsWith('192.168.') && peer !== '127.0.0.1') {
          assert.equal(headers['X-Forwarded-For'], peer);
          assert.equal(forwarded.find(peer, rawHeaders).client, peer);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

function toMap(flat: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (let index = 0; index < flat.length; index += 2) map[flat[index] ?? ''] = flat[index + 1] ?? '';
  return map;
}
