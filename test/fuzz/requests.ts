import { mutate, type Random } from './random.ts';

const publicHost = 'app.example.com';

const methods = [
  ...Array.from({ length: 20 }, () => 'GET'),
  'HEAD',
  'POST',
  'POST',
  'PUT',
  'OPTIONS',
  'DELETE',
  'PROPFIND',
  'TRACE',
  'CONNECT',
  'QUERY',
  'get',
  'FOO',
];
const pieces = [
  '/',
  '//',
  'public',
  'admin',
  'x',
  '.',
  '..',
  ';',
  ';a=b',
  '%2e',
  '%252e',
  '%2f',
  '%5c',
  '\\',
  '%61',
  '%',
  '%zz',
  '%00',
  '%c0%ae',
  '#',
  '%23',
  '?',
  '%3f',
  '__proto__',
];
const ownPaths = [
  '/oauth2/start',
  '/oauth2/start?rd=//evil.example',
  '/oauth2/callback?code=a&state=b',
  '/oauth2/callback?error=x',
  '/oauth2/sign_out',
  '/oauth2/signed_out',
  '/oauth2/userinfo',
  '/healthz',
];
const names = [
  'X-Forwarded-User',
  'X-Forwarded-Role',
  'X-Forwarded-Roles',
  'X-Forwarded-Email',
  'X-Forwarded-Name',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Other',
  'X-Auth-Request-User',
  'Remote-User',
  'Remote-Groups',
  'X-Remote-User',
  'X-Request-Id',
  'X-Original-Url',
  'X-Rewrite-Url',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Prefix',
  'X-Forwarded-Uri',
  'Forwarded',
];
const separators = ['-', '_', '.', '~', '!', '|'];
const plainHeaders = [
  'Accept: text/html',
  'Accept: */*',
  'X-Kept: 1',
  'TE: trailers',
  'Expect: 100-continue',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: close',
  'Upgrade: h2c',
  'HTTP2-Settings: AAM',
  'Authorization: Basic eA==',
  'Authorization: Bearer y',
  'Cookie: a=b; __Host-claimgate=x; =;;',
  'Cookie: __Host-claimgate=4.x; __Host-claimgate.1=y',
  'Range: bytes=0-1',
  'Sec-Fetch-Mode: navigate',
  'Origin: https://app.example.com',
  'Origin: null',
  '__proto__: x',
  'Content-Type: text/plain',
  'Trailer: X-Forwarded-User',
  'If-None-Match: "a"',
];
const framings = [
  'Content-Length: 5',
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length: 500',
  'content-length: 5',
  'Content_Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'transfer_encoding: chunked',
];
const bodies = [
  'hello',
  '',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;a="b"\r\nhello\r\n0\r\nX-Forwarded-User: forged\r\n\r\n',
  '0\r\n\r\n',
  'fffffffff\r\nx',
  '5\r\nhello',
  '-1\r\n\r\n',
];
const goodBodies = [
  ['Content-Length: 5', 'hello'],
  ['Transfer-Encoding: chunked', '5;a="b"\r\nhello\r\n0\r\nX-Forwarded-User: forged\r\n\r\n'],
  ['Transfer-Encoding: chunked', '1\r\nh\r\n4\r\nello\r\n0\r\n\r\n'],
] as const;
const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];
const versions = [...Array.from({ length: 60 }, () => 'HTTP/1.1'), 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1'];

function buildTarget(random: Random, tag: string): string {
  const kind = random.below(12);
  if (kind === 0) return random.pick(ownPaths);
  if (kind === 1)
    return random.pick(['*', `http://evil.example/${tag}`, '//evil.example/', `${publicHost}:443`, '', '?x']);
  const start = random.pick(['/public', '/public', '/admin', '/x', '/', '']);
  const path = kind < 8 ? `/${tag}` : random.some(pieces, 8).join('');
  return `${start}${path}${random.once(3) ? `?${tag}` : ''}`;
}

/** A name that no application may ever see from a client, in some spelling. */
function buildForged(random: Random): string {
  const name = random
    .pick(names)
    .split('-')
    .map((part) => random.pick([part, part.toLowerCase(), part.toUpperCase()]))
    .reduce((whole, part) => `${whole}${random.once(2) ? '-' : random.pick(separators)}${part}`);
  return `${name}: forged-${random.below(100)}`;
}

/** The bytes of one request, most of them almost valid. `cookie` is the line of a good session. */
export function buildRequest(random: Random, tag: string, cookie: string): string {
  const lines = [`${random.pick(methods)} ${buildTarget(random, tag)} ${random.pick(versions)}`, `Host: ${publicHost}`];
  if (random.once(2)) lines.push(cookie);
  for (let count = random.below(5); count > 0; count--) lines.push(buildForged(random));
  lines.push(...random.some(plainHeaders, 4));
  if (random.once(4))
    lines.push(
      `Connection: ${random.some([...names, 'close', 'keep-alive', 'Cookie', 'Host', 'upgrade'], 4).join(random.pick([', ', ',', ' ,']))}`,
    );
  if (random.once(6)) lines.push(...upgrade);
  if (random.once(40)) lines.push(random.pick(['Host: other.example', 'Expect: x', 'Content-Type: a']));
  if (random.once(40)) lines.push(`X-Big: ${'x'.repeat(random.below(90_000))}`);
  if (random.once(40)) lines.push(...Array.from({ length: 300 }, (_, index) => `X-${index}: y`));
  const hasBody = random.once(3);
  const isGood = random.once(2);
  const [framing, body] = isGood ? random.pick(goodBodies) : [undefined, random.pick(bodies)];
  if (hasBody) lines.push(...(framing === undefined ? random.some(framings, 2) : [framing]));
  const request = `${lines.join(random.once(60) ? '\n' : '\r\n')}\r\n\r\n${hasBody || random.once(30) ? body : ''}`;
  return random.once(5) ? mutate(request, random) : request;
}
