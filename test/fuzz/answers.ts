import { mutate, type Random } from './random.ts';

const lines = [
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 404 Not here',
  'HTTP/1.1 302 Found',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 304 Not Modified',
  'HTTP/1.1 503 Later',
  'HTTP/1.0 200 OK',
  'HTTP/1.1 200',
  'HTTP/1.1 799 Odd',
  'HTTP/1.1 99 X',
  'HTTP/1.1 200 \xe9\xff',
  'HTTP/2 200 OK',
  'HTTP/1.1 101 Switching Protocols',
];
const headers = [
  'X-A: 1',
  'X-A: \xe9\xff',
  'X-A: a\x01b',
  'X-A: a\rb',
  'X A: 1',
  ': x',
  'Set-Cookie: __Host-claimgate=forged; Path=/',
  'Set-Cookie: a=b',
  'Location: http://127.0.0.1/x',
  'Location: \xe9',
  'Connection: close',
  'Connection: X-A, Set-Cookie',
  'Keep-Alive: timeout=1',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Connection: upgrade',
  'Trailer: X-T',
  'Content-Type: text/event-stream',
  'Content-Disposition: attachment; filename="\xe9"',
  'Content-Encoding: gzip',
  'Retry-After: 0',
  'Proxy-Authenticate: Basic',
  '__proto__: x',
  'Date: x',
  'Vary: *',
  'Link: </a>; rel=preload',
];
const framings = [
  'Content-Length: 5',
  'Content-Length: 5',
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: 500',
  'Content-Length: -1',
  'Content-Length: 5, 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: identity',
];
const bodies = [
  'hello',
  'hello',
  '',
  '5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\nX-T: 1\r\nSet-Cookie: a=b\r\n\r\n',
  '5\r\nhell',
  'fffffffffffff\r\n',
  '0\r\n\r\n',
  '\x81\x05hello\x88\x00',
];
const before = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 102 Processing\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: broken\r\n\r\n',
];

/** What the hostile application does with one request. */
export interface Answer {
  readonly bytes: string;
  /** In pieces, one turn of the event loop each. */
  readonly pieces: number;
  /** `keep`: waits for the next request. */
  readonly after: 'keep' | 'end' | 'reset' | 'silence';
}

/** An answer, most of them almost valid; always followed by the end of the connection unless it is whole, so that it spoils no other exchange. */
export function buildAnswer(random: Random, isUpgrade: boolean): Answer {
  const pieces = random.once(4) ? 1 + random.below(6) : 1;
  if (random.once(12)) return { bytes: '', pieces: 1, after: random.pick(['end', 'reset']) };
  const head = [
    isUpgrade && random.once(2)
      ? 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket'
      : random.pick(lines),
    ...random.some(headers, 5),
    ...random.some(framings, 2),
  ];
  if (random.once(40)) head.push(`X-Big: ${'x'.repeat(random.below(60_000))}`);
  const text = `${random.some(before, random.once(4) ? 3 : 0).join('')}${head.join('\r\n')}\r\n\r\n${random.pick(bodies)}`;
  const bytes = random.once(4) ? mutate(text, random) : text;
  return { bytes: random.once(20) ? bytes + bytes : bytes, pieces, after: random.pick(['end', 'end', 'end', 'reset']) };
}

/** An answer without fault; the connection goes on. */
export function buildGoodAnswer(body: string, isHead: boolean): Answer {
  return {
    bytes: `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${isHead ? '' : body}`,
    pieces: 1,
    after: 'keep',
  };
}
