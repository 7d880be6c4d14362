import { arrives, type Case, sendTo, startProduct } from '../support/product.ts';
import { identities } from '../support/people.ts';

const product = await startProduct();
const anna = await product.cookieOf('anna');
const cara = await product.cookieOf('cara');
const dora = await product.cookieOf('dora');

const names = [
  'X-Forwarded-User',
  'X-Forwarded-Role',
  'X-Forwarded-Roles',
  'X-Forwarded-Email',
  'X-Forwarded-Name',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Access-Token',
  'X-Forwarded-Anything-Else',
  'X-Auth-Request-User',
  'X-Auth-Request-Anything',
  'Remote-User',
  'Remote-Groups',
  'X-Remote-User',
  'X-Real-IP',
  'X-Request-Id',
  'X-Forwarded-For',
];
const forge = (spell: (name: string) => string, value = 'root') => names.map((name) => `${spell(name)}: ${value}`);
const plain = forge((name) => name);
const listed = names.join(', ');

const odd = (name: string) =>
  name
    .split('')
    .map((c, i) => (i % 2 === 0 ? c.toLowerCase() : c.toUpperCase()))
    .join('');

// An address that is none, so that X-Forwarded-For of the peer itself remains.
// biome-ignore format: one case, one line
const cases: readonly Case[] = [
  ['threat 1: forged headers with a session', sendTo('GET /x', [cara, ...plain]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 1: forged headers behind a body', sendTo('POST /x', [cara, ...plain, 'Content-Length: 1'], 'b'), 200, 'forwarded', arrives('POST /x', identities.cara, [], ['content-length: 1', 'b'])],
  ['threat 1: forged headers without a session', sendTo('GET /x', plain), 401, 'login_required'],
  ['threat 1: forged headers on an own endpoint', sendTo('GET /oauth2/userinfo', plain), 401, 'login_required'],
  ['threat 1: forged headers with OPTIONS', sendTo('OPTIONS /x', [cara, ...plain]), 200, 'forwarded', arrives('OPTIONS /x', identities.cara)],
  ['threat 2: underscores', sendTo('GET /x', [cara, ...forge((name) => name.replaceAll('-', '_'))]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 2: one underscore', sendTo('GET /x', [cara, ...forge((name) => name.replace('-', '_'))]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 2: dots', sendTo('GET /x', [cara, ...forge((name) => name.toLowerCase().replaceAll('-', '.'))]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 2: tildes and bars', sendTo('GET /x', [cara, ...forge((name) => name.replace('-', '~').replace('-', '|'))]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 2: a space before the colon', sendTo('GET /x', [cara, 'X-Forwarded-User : root']), 400, 'bad_request'],
  ['threat 2: a folded line', sendTo('GET /x', [cara, 'X-Kept: a', ' X-Forwarded-User: root']), 400, 'bad_request'],
  ['threat 3: two spellings and two values', sendTo('GET /x', [cara, ...forge(odd, 'one'), ...forge((name) => name.toUpperCase(), 'two')]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 3: the same header twice', sendTo('GET /x', [cara, ...plain, ...plain]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 4: a person without e-mail, and an e-mail header of the client', sendTo('GET /x', [dora, 'X-Forwarded-Email: root@example.com', 'X-Forwarded-Groups: wheel', 'X-Forwarded-Name: Root']), 200, 'forwarded', arrives('GET /x', identities.dora)],
  ['threat 5: forged headers on a public path without a session', sendTo('GET /public', plain), 200, 'forwarded', arrives('GET /public')],
  ['threat 5: forged headers on a public path with a session', sendTo('GET /public', [anna, ...plain]), 200, 'forwarded', arrives('GET /public')],
  ['threat 5: other spellings on a public path', sendTo('GET /public', forge((name) => name.replaceAll('-', '_').toLowerCase())), 200, 'forwarded', arrives('GET /public')],
  ['threat 6: Connection names our headers', sendTo('GET /x', [cara, `Connection: ${listed}`]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 6: two Connection lines name our headers', sendTo('GET /x', [cara, `Connection: ${listed}`, `Connection: keep-alive, ${listed}`]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 6: Connection names a forged header as well', sendTo('GET /x', [cara, `Connection: close, ${listed}`, ...plain]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 6: Connection names Host and Cookie', sendTo('GET /x', [cara, 'Connection: Host, Cookie, X-Kept', 'X-Kept: 1']), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 7: Connection in odd case names our headers in odd case', sendTo('GET /x', [cara, `cOnnEctIon: ${odd(listed)}`]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 7: Connection names our headers without white space and with empty members', sendTo('GET /x', [cara, `connection:,,${listed.toUpperCase().replaceAll(' ', '')},`]), 200, 'forwarded', arrives('GET /x', identities.cara)],
  ['threat 7: an underscored Connection is none', sendTo('GET /x', [cara, 'Connection_: X-Kept', 'X-Kept: 1']), 200, 'forwarded', arrives('GET /x', identities.cara, ['Connection_: X-Kept', 'X-Kept: 1'])],
  ['threat 14: what the application got about another person is sent back as a request', sendTo('GET /x', [cara, ...identities.anna]), 200, 'forwarded', arrives('GET /x', identities.cara)],
];

product.testAll(cases);
