import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSite } from '../../src/http/addresses.ts';

const rows: readonly (readonly [string, string])[] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:DB8:1:3::9', '2001:db8:1:3'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['', ''],
  ['no address', 'no address'],
];

for (const [peer, site] of rows) {
  test(`${JSON.stringify(peer)} stands for ${JSON.stringify(site)}`, () => {
    assert.equal(findSite(peer), site);
  });
}
