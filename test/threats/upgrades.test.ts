import { identities } from '../support/people.ts';
import { arrives, type Case, sendTo, startProduct } from '../support/product.ts';

const product = await startProduct();
const cara = await product.cookieOf('cara');

const origin = 'Origin: https://app.example.com';
const key = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'];
const asks = ['Connection: Upgrade', 'Upgrade: websocket', ...key];
const open = (target: string, headers: readonly string[] = [cara, origin]) =>
  sendTo(`GET ${target}`, [...headers, ...asks]);
const asked = (target: string, identity: readonly string[] = identities.cara, kept = [origin]) =>
  arrives(`GET ${target}`, identity, [...kept, ...key]).replace(
    'connection: keep-alive',
    'connection: upgrade\r\nupgrade: websocket',
  );
const plain = (protocol: string, connection = 'Upgrade, HTTP2-Settings') =>
  sendTo('GET /x', [cara, `Connection: ${connection}`, `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMAAABkAAQAAP__']);
const got = arrives('GET /x', identities.cara);

// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  ['threat 104: an upgrade to h2c is the plain request it also is', plain('h2c'), 200, 'forwarded', got],
  ['threat 104: an upgrade to h2c that Connection does not name', plain('h2c', 'keep-alive'), 200, 'forwarded', got],
  ['threat 104: the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad_request'],
  ['threat 105: an upgrade to TLS', plain('TLS/1.2'), 200, 'forwarded', got],
  ['threat 105: an upgrade to several protocols', plain('h2c, websocket'), 200, 'forwarded', got],
  ['threat 105: two Upgrade lines', sendTo('GET /x', [cara, 'Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: h2c']), 400, 'header_duplicated'],
  ['threat 105: a handshake by POST', open('/x').replace('GET', 'POST'), 400, 'bad_request'],
  ['threat 105: a handshake with content', open('/x').replace('\r\n\r\n', '\r\nContent-Length: 3\r\n\r\nabc'), 400, 'bad_request'],
  ['threat 106: a handshake to another host', open('http://evil.example/x'), 400, 'target_malformed'],
  ['threat 106: a handshake to another host over ws', open('ws://evil.example/x'), 400, 'target_malformed'],
  ['threat 106: a handshake to a slash and a backslash', open('/\\evil.example/x'), 400, 'target_malformed'],
  ['threat 106: a handshake to two slashes stays at the application', open('//evil.example/x'), 200, 'tunnelled', asked('//evil.example/x')],
  ['threat 106: a handshake with the Host of somebody else stays at the application', open('/x').replace('Host: app.example.com', 'Host: evil.example'), 200, 'tunnelled', asked('/x').replace('host: app.example.com', 'host: evil.example')],
  ['threat 106: a handshake to a path of another role', open('/admin'), 403, 'role_required'],
  ['threat 106: a handshake to another spelling of that path', open('//admin'), 400, 'target_ambiguous'],
  ['threat 106: a handshake without a session', open('/x', [origin]), 401, 'login_required'],
  ['threat 106: a handshake from a page of another site', open('/x', [cara, 'Origin: https://evil.example']), 403, 'origin_refused'],
  ['threat 106: a handshake with forged headers', open('/x', [cara, origin, 'X-Forwarded-User: root', 'x_forwarded_role: admin', 'Connection: X-Forwarded-User']), 200, 'tunnelled', asked('/x')],
];

product.testAll(cases);
