import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPreflight } from '../../src/proxy/preflight.ts';

const both = ['Origin', 'https://a.example', 'Access-Control-Request-Method', 'DELETE'];

// Method, headers, whether it is a preflight.
const cases: [title: string, method: string, headers: string[], expected: boolean][] = [
  ['as browsers send it', 'OPTIONS', [...both, 'Access-Control-Request-Headers', 'x-a', 'Accept', '*/*'], true],
  ['in other case', 'OPTIONS', ['ORIGIN', 'null', 'access-control-request-METHOD', 'PUT'], true],
  ['with a length of nothing', 'OPTIONS', [...both, 'Content-Length', '0'], true],
  ['GET', 'GET', both, false],
  ['options in lower case', 'options', both, false],
  ['no headers', 'OPTIONS', [], false],
  ['no Origin', 'OPTIONS', both.slice(2), false],
  ['no method asked for', 'OPTIONS', both.slice(0, 2), false],
  ['an empty Origin', 'OPTIONS', ['Origin', '', ...both.slice(2)], false],
  ['an empty method', 'OPTIONS', [...both.slice(0, 3), ''], false],
  ['two Origins', 'OPTIONS', ['origin', 'https://b.example', ...both], false],
  ['two methods', 'OPTIONS', [...both, 'access-control-request-method', 'GET'], false],
  ['odd spellings', 'OPTIONS', ['Origin', 'a', 'Access_Control_Request_Method', 'PUT'], false],
  ['content', 'OPTIONS', [...both, 'Content-Length', '1'], false],
  ['content in chunks', 'OPTIONS', [...both, 'Transfer-Encoding', 'chunked'], false],
  ['an upgrade', 'OPTIONS', [...both, 'Upgrade', 'websocket'], false],
  ['another method in a header', 'OPTIONS', [...both, 'X-HTTP-Method-Override', 'DELETE'], false],
  ['another method in an odd header', 'OPTIONS', [...both, 'x_http_method', 'DELETE'], false],
];

for (const [title, method, headers, expected] of cases) {
  test(`${title}: ${expected ? 'a preflight' : 'no preflight'}`, () =>
    assert.equal(isPreflight(method, headers), expected));
}
