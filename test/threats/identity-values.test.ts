import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePerson, identify, username } from '../support/people.ts';
import { arrives, sendTo, startProduct } from '../support/product.ts';

const role = 'opencloudUser';
const manyGroups = Array.from({ length: 500 }, (_, index) => `group-${index}-${'g'.repeat(120)}`);

/** One person: title; claims; then the identity headers the application must get, or the code of the refusal. */
type Row = readonly [title: string, claims: Readonly<Record<string, unknown>>, expected: string | readonly string[]];

const named = (value: string, wire = value) => identify(wire, 'user', [username(wire)]);
const mailed = (wire: string) => identify('pia', 'user', [`X-Forwarded-Email: ${wire}`, username('pia')]);
const grouped = (wire: string) => identify('pia', 'user', [username('pia'), `X-Forwarded-Groups: ${wire}`]);
const pia = named('pia');
const asRole = (value: unknown) => ({ opencloud_role: value });
const admin = identify('pia', 'admin', [username('pia')], 'admin,user');

// biome-ignore format: one case, one line
const rows: readonly Row[] = [
  ['threat 8: CR LF in the user', { preferred_username: 'pia\r\nX-Forwarded-Role: admin' }, 'identity_unrepresentable'],
  ['threat 8: a lone CR in the user', { preferred_username: 'pia\rX' }, 'identity_unrepresentable'],
  ['threat 8: a lone LF in the user', { preferred_username: 'pia\nX' }, 'identity_unrepresentable'],
  ['threat 8: NUL in the user', { preferred_username: 'pia\0' }, 'identity_unrepresentable'],
  ['threat 8: a line separator in the user', { preferred_username: 'pia\u2028X' }, 'identity_unrepresentable'],
  ['threat 8: NEL in the user', { preferred_username: 'pia\u0085X' }, 'identity_unrepresentable'],
  ['threat 8: a lone surrogate in the user', { preferred_username: 'pia\ud800' }, 'identity_unrepresentable'],
  ['threat 8: CR LF in the e-mail', { email: 'a@example.com\r\nX-Forwarded-Role: admin' }, pia],
  ['threat 8: CR LF in a group', { groups: ['staff', 'x\r\nX-Forwarded-Role: admin'] }, pia],
  ['threat 9: Latin-1 letters', { preferred_username: 'Zo\u00eb' }, named('Zo%C3%AB')],
  ['threat 9: an emoji', { preferred_username: '\u{1f600}' }, named('%F0%9F%98%80')],
  ['threat 9: a name that looks encoded already', { preferred_username: 'Zo%C3%AB' }, named('Zo%25C3%25AB')],
  ['threat 9: spaces at both ends', { preferred_username: ' pia ' }, named('%20pia%20')],
  ['threat 10: a comma in a group', { groups: ['a,admin'] }, grouped('a%2Cadmin')],
  ['threat 10: an encoded comma in a group', { groups: ['a%2Cadmin', 'b'] }, grouped('a%252Cadmin,b')],
  ['threat 10: a comma in the e-mail is one value', { email: 'a@example.com,root@example.com' }, mailed('a@example.com,root@example.com')],
  ['threat 12: 500 long groups are left out', { groups: manyGroups }, pia],
  ['threat 12: a user of 9,000 characters', { preferred_username: 'u'.repeat(9_000) }, 'identity_unrepresentable'],
  ['threat 15: repeated roles', asRole([role, role, role]), pia],
  ['threat 15: roles in another order than the mapping', asRole([role, 'opencloudAdmin']), admin],
  ['threat 15: a role as a number', asRole(1), 'role_claim_type'],
  ['threat 15: a role as an object', asRole({ [role]: true, opencloudAdmin: true }), 'role_claim_type'],
  ['threat 15: roles in a nested list', asRole([[role], ['opencloudAdmin']]), 'role_claim_type'],
  ['threat 15: several roles in one text', asRole(`${role},opencloudAdmin`), 'role_unmapped'],
  ['threat 15: roles apart by spaces', asRole(`${role} opencloudAdmin`), 'role_unmapped'],
  ['threat 15: a role in other case', asRole(role.toUpperCase()), 'role_unmapped'],
  ['threat 15: names every object has', asRole(['__proto__', 'constructor', 'toString']), 'role_unmapped'],
  ['threat 15: an empty list', asRole([]), 'role_claim_missing'],
  ['threat 15: null', asRole(null), 'role_claim_missing'],
  ['threat 17: an address with two signs is one value', { email: 'root@example.com@evil.example' }, mailed('root@example.com@evil.example')],
  ['threat 17: an e-mail in a list is none', { email: ['root@example.com'] }, pia],
  ['threat 17: upper case is another person', { preferred_username: 'PIA' }, named('PIA')],
  ['threat 17: a look-alike letter is another person', { preferred_username: '\uff50ia' }, named('%EF%BD%90ia')],
  ['threat 17: a trailing dot is another person', { preferred_username: 'pia.' }, named('pia.')],
];

const product = await startProduct({
  users: rows.map(([, claims], index) =>
    describePerson(`p${index}`, { preferred_username: 'pia', ...asRole(role), ...claims }),
  ),
});

for (const [index, [title, , expected]] of rows.entries()) {
  test(title, async () => {
    const cookie = await product.cookieOf(`p${index}`);
    if (typeof expected === 'string') await product.play(sendTo('GET /x', [cookie]), 403, expected, []);
    else await product.play(sendTo('GET /x', [cookie]), 200, 'forwarded', [arrives('GET /x', expected)]);
  });
}

const list = (claims: Readonly<Record<string, unknown>>) => describePerson('pia', claims);

test('threat 9: the raw bytes where UTF-8 is asked for', async () => {
  const utf8 = await startProduct({
    users: [list({ preferred_username: 'Zo\u00eb \u{1f600}', ...asRole(role) })],
    env: { PROXY_HEADER_ENCODING: 'utf8' },
  });
  const wire = Buffer.from('Zo\u00eb \u{1f600}').toString('latin1');
  await utf8.play(sendTo('GET /x', [await utf8.cookieOf('pia')]), 200, 'forwarded', [arrives('GET /x', named(wire))]);
});

test('threat 10: a role with a comma, passed through', async () => {
  const through = await startProduct({
    users: [list(asRole(['a,admin', 'b']))],
    env: { PROXY_ROLE_MAPPING: 'passthrough' },
  });
  const identity = identify('pia', 'a%2Cadmin', [username('pia')], 'a%2Cadmin,b');
  const cookie = await through.cookieOf('pia');
  await through.play(sendTo('GET /x', [cookie]), 200, 'forwarded', [arrives('GET /x', identity)]);
  await through.play(sendTo('GET /admin', [cookie]), 403, 'role_required', []);
});

test('threat 12: 64 KiB of roles, passed through', async () => {
  const through = await startProduct({
    users: [list(asRole(manyGroups))],
    env: { PROXY_ROLE_MAPPING: 'passthrough' },
  });
  const cookie = await through.cookieOf('pia');
  assert.ok(cookie.length < 16_384, `${cookie.length} bytes of cookies`);
  await through.play(sendTo('GET /x', [cookie]), 403, 'identity_unrepresentable', []);
});
