import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, findStatus } from '../support/raw-client.ts';
import { arrives, type Case, sendTo, startProduct } from '../support/product.ts';
import { identities } from '../support/people.ts';

const product = await startProduct();
const anna = await product.cookieOf('anna');
const cara = await product.cookieOf('cara');

/** A target that only admins may open, or that leads there for some application: asked for by an admin, and by somebody else. */
const asCara = (target: string, method = 'GET') => sendTo(`${method} ${target}`, [cara]);
const asAnna = (target: string, method = 'GET') => sendTo(`${method} ${target}`, [anna]);
const asNobody = (target: string, method = 'GET') => sendTo(`${method} ${target}`);
const toCara = (target: string) => arrives(`GET ${target}`, identities.cara);
const toAnna = (target: string) => arrives(`GET ${target}`, identities.anna);

// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  ['threat 18: the plain path, as a measure', asCara('/admin'), 403, 'role_required'],
  ['threat 18: an encoded letter', asCara('/%61dmin'), 403, 'role_required'],
  ['threat 18: all letters encoded', asCara('/%61%64%6D%69%6e/x'), 403, 'role_required'],
  ['threat 18: an encoded letter without a session', asNobody('/%61dmin'), 401, 'login_required'],
  ['threat 18: an encoded letter, to whom it belongs, arrives as it was sent', asAnna('/%61dmin'), 200, 'forwarded', toAnna('/%61dmin')],
  ['threat 19: a single dot in front', asCara('/./admin'), 400, 'target_malformed'],
  ['threat 19: an encoded dot in front', asCara('/%2e/admin'), 400, 'target_malformed'],
  ['threat 19: a dot and a backslash', asCara('/.\\admin'), 400, 'target_malformed'],
  ['threat 19: a dot at the end', asCara('/admin/.'), 400, 'target_malformed'],
  ['threat 19: a dot with a parameter', asCara('/.;/admin'), 400, 'target_malformed'],
  ['threat 20: two dots', asCara('/public/../admin'), 400, 'target_malformed'],
  ['threat 20: two encoded dots', asCara('/public/%2e%2e/admin'), 400, 'target_malformed'],
  ['threat 20: two half encoded dots', asCara('/public/.%2E/admin'), 400, 'target_malformed'],
  ['threat 20: two dots and an encoded slash', asCara('/public/..%2fadmin'), 400, 'target_malformed'],
  ['threat 20: two encoded dots and an encoded backslash', asCara('/public/%2e%2e%5cadmin'), 400, 'target_malformed'],
  ['threat 20: two dots and a backslash', asCara('/public/..\\admin'), 400, 'target_malformed'],
  ['threat 20: two dots at the end', asCara('/public/..'), 400, 'target_malformed'],
  ['threat 20: three dots are a name', asCara('/x/...'), 200, 'forwarded', toCara('/x/...')],
  ['threat 21: dots encoded twice', asCara('/public/%252e%252e/admin'), 400, 'target_malformed'],
  ['threat 21: a slash encoded twice', asCara('/public%252f..'), 400, 'target_malformed'],
  ['threat 21: a letter encoded twice', asCara('/%2561dmin'), 400, 'target_ambiguous'],
  ['threat 21: a letter encoded twice below a public path', asNobody('/public/%2561'), 200, 'forwarded', arrives('GET /public/%2561')],
  ['threat 21: an encoded percent sign', asCara('/100%25'), 200, 'forwarded', toCara('/100%25')],
  ['threat 22: two dots with a parameter', asCara('/public/..;/admin'), 400, 'target_malformed'],
  ['threat 22: two dots with a named parameter', asCara('/public/..;a=b/admin'), 400, 'target_malformed'],
  ['threat 22: two dots with an encoded parameter', asCara('/public/..%3Ba/admin'), 400, 'target_malformed'],
  ['threat 22: a session id as a parameter', asCara('/admin;jsessionid=1'), 400, 'target_ambiguous'],
  ['threat 22: a parameter', asCara('/admin;x/y'), 400, 'target_ambiguous'],
  ['threat 22: a parameter below', asCara('/admin/y;x'), 403, 'role_required'],
  ['threat 22: an encoded parameter', asCara('/admin%3bx'), 400, 'target_ambiguous'],
  ['threat 22: a parameter behind a public path', asNobody('/public;x/y'), 400, 'target_ambiguous'],
  ['threat 22: a parameter where it changes nothing', asCara('/x;v=1/y'), 200, 'forwarded', toCara('/x;v=1/y')],
  ['threat 23: an encoded slash', asCara('/x%2fadmin'), 400, 'target_malformed'],
  ['threat 23: an encoded slash in upper case', asCara('/public%2F..'), 400, 'target_malformed'],
  ['threat 23: an encoded backslash', asCara('/x%5cadmin'), 400, 'target_malformed'],
  ['threat 23: a backslash', asCara('/\\admin'), 400, 'target_malformed'],
  ['threat 24: two slashes in front', asCara('//admin'), 400, 'target_ambiguous'],
  ['threat 24: many slashes in front', asCara('/////admin'), 400, 'target_ambiguous'],
  ['threat 24: an empty parameter in front', asCara('/;/admin'), 400, 'target_ambiguous'],
  ['threat 24: parameters and slashes in front', asCara('/;a//;b/admin'), 400, 'target_ambiguous'],
  ['threat 24: two slashes where they change nothing', asCara('/x//y'), 200, 'forwarded', toCara('/x//y')],
  ['threat 25: a fragment', asCara('/admin#/public'), 400, 'target_malformed'],
  ['threat 25: a fragment in front', asCara('/#/admin'), 400, 'target_malformed'],
  ['threat 25: a fragment behind a public path', asNobody('/public#/../admin'), 400, 'target_malformed'],
  ['threat 25: a fragment in the query', asCara('/x?a#b'), 400, 'target_malformed'],
  ['threat 25: an encoded fragment behind the path', asCara('/admin%23/public'), 400, 'target_ambiguous'],
  ['threat 25: an encoded fragment behind a public path', asNobody('/public%23/x'), 400, 'target_ambiguous'],
  ['threat 25: a fragment encoded twice', asCara('/admin%2523x'), 400, 'target_ambiguous'],
  ['threat 26: a public path in the query', asNobody('/admin?x=/public'), 401, 'login_required'],
  ['threat 26: a public path as the query', asCara('/admin?/public'), 403, 'role_required'],
  ['threat 26: a public path as a parameter', asNobody('/admin;x=/public'), 400, 'target_ambiguous'],
  ['threat 26: an encoded question mark', asCara('/admin%3F/public'), 400, 'target_ambiguous'],
  ['threat 26: an encoded question mark behind a public path', asNobody('/public%3f/x'), 400, 'target_ambiguous'],
  ['threat 26: a query that is no valid escape is not judged', asNobody('/public?x=%zz&y=/../admin'), 200, 'forwarded', arrives('GET /public?x=%zz&y=/../admin')],
  ['threat 27: an absolute target on another host', asNobody('http://evil.example/public'), 400, 'target_malformed'],
  ['threat 27: an absolute target on our host', asCara('http://app.example.com/admin'), 400, 'target_malformed'],
  ['threat 27: an absolute target with a user name', asCara('http://public@app.example.com/admin'), 400, 'target_malformed'],
  ['threat 27: an absolute target on the upstream', asCara('https://127.0.0.1/admin'), 400, 'target_malformed'],
  ['threat 27: another scheme', asCara('file:///etc/passwd'), 400, 'target_malformed'],
  ['threat 28: an asterisk', asCara('*'), 400, 'target_malformed'],
  ['threat 28: an asterisk with OPTIONS', asCara('*', 'OPTIONS'), 400, 'target_malformed'],
  ['threat 28: an authority', asCara('app.example.com:443'), 400, 'bad_request'],
  ['threat 28: a path without a slash', asCara('admin'), 400, 'bad_request'],
  ['threat 28: TRACE', asAnna('/x', 'TRACE'), 405, 'method_refused'],
  ['threat 28: TRACE on a public path', asNobody('/public', 'TRACE'), 405, 'method_refused'],
  ['threat 29: an escape that is none', asNobody('/public/%zz'), 400, 'target_malformed'],
  ['threat 29: half an escape', asNobody('/public/%4'), 400, 'target_malformed'],
  ['threat 29: overlong dots', asNobody('/public/%c0%ae%c0%ae/admin'), 400, 'target_malformed'],
  ['threat 29: an overlong slash', asNobody('/public/%c0%afadmin'), 400, 'target_malformed'],
  ['threat 29: a byte that is no UTF-8', asNobody('/public/%ff'), 400, 'target_malformed'],
  ['threat 29: an encoded surrogate', asNobody('/public/%ed%a0%80'), 400, 'target_malformed'],
  ['threat 29: an encoded NUL', asNobody('/public/%00'), 400, 'target_malformed'],
  ['threat 29: NUL', asNobody('/public/\0'), 400, 'bad_request'],
  ['threat 29: an encoded line break', asNobody('/public/%0d%0aX-Forwarded-User:%20root'), 400, 'target_malformed'],
  ['threat 29: a byte outside ASCII', asNobody('/public/\xe9'), 400, 'bad_request'],
  ['threat 29: a space', asNobody('/public/a b'), 400, 'bad_request'],
  ['threat 29: a tabulator', asNobody('/public/a\tb'), 400, 'bad_request'],
  ['threat 30: a method in lower case', asNobody('/methods', 'get'), 400, 'bad_request'],
  ['threat 30: a method nobody knows', asNobody('/methods', 'FOO'), 400, 'bad_request'],
  ['threat 30: a method of WebDAV where only GET is public', asNobody('/methods', 'PROPFIND'), 401, 'login_required'],
  ['threat 30: POST where only GET is public', asNobody('/methods', 'POST'), 401, 'login_required'],
  ['threat 30: OPTIONS where only GET is public', asNobody('/methods', 'OPTIONS'), 401, 'login_required'],
  ['threat 30: HEAD reveals what GET reveals', asNobody('/methods', 'HEAD'), 200, 'forwarded', arrives('HEAD /methods')],
  ['threat 30: an unusual method on a guarded path', asCara('/admin', 'PROPFIND'), 403, 'role_required'],
  ['threat 30: a header that overrides the method', sendTo('GET /methods', ['X-HTTP-Method-Override: DELETE', 'x_http_method: DELETE', 'X-Method-Override: DELETE']), 200, 'forwarded', arrives('GET /methods')],
  ['threat 35: a neighbour with the same beginning', asCara('/administrator'), 200, 'forwarded', toCara('/administrator')],
  ['threat 35: a file with the same beginning', asCara('/admin.html'), 200, 'forwarded', toCara('/admin.html')],
  ['threat 35: a slash at the end', asCara('/admin/'), 403, 'role_required'],
  ['threat 35: a neighbour of a public path', asNobody('/publicity'), 401, 'login_required'],
  ['threat 35: a public path in other case', asNobody('/PUBLIC'), 401, 'login_required'],
];

product.testAll(cases);

test('threat 28: CONNECT is answered and logged, whatever its target', async () => {
  for (const target of ['app.example.com:443', '/admin', '*']) {
    const before = { lines: product.app.logs.length, requests: product.upstream.requests.length };
    assert.ok([400, 405].includes(findStatus(await ask(product.port, asAnna(target, 'CONNECT')))), target);
    await product.waitForLine((_line, index) => index >= before.lines);
    assert.equal(product.upstream.requests.length, before.requests);
  }
});
