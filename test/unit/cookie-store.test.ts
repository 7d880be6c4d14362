import '../support/serializer.ts';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/errors.ts';
import { createCookieStore, type CookieStore } from '../../src/session/cookie-store.ts';
import { createSealer, type Sealer } from '../../src/session/seal.ts';
import type { Session } from '../../src/session/session.ts';
import type { AddTimed } from '../../src/session/timed-headers.ts';

const NOW = 1_700_000_000;

function buildSession(options: { user?: string; groups?: readonly string[]; expiresAt?: number } = {}): Session {
  const { user = 'zoe', groups, expiresAt = NOW + 3600 } = options;
  const person = { user, roles: ['admin'], ...(groups && { groups }) };
  return { id: randomBytes(16).toString('base64url'), iss: 'https://i', sub: 's', startedAt: NOW, expiresAt, person };
}

/** Groups that make the sealed session about `bytes` long: packing takes a quarter off random letters of base64url, sealing adds a third. */
function fill(bytes: number): readonly string[] {
  return [randomBytes(Math.ceil(bytes * 0.74)).toString('base64url')];
}

interface Bench {
  readonly store: CookieStore;
  readonly sealer: Sealer;
  readonly opens: string[];
  readonly clock: { ms: number };
  identities: number;
}

function build(
  options: { secure?: boolean; maxEntries?: number; maxAgeMs?: number; buildTimed?: () => AddTimed | undefined } = {},
): Bench {
  const real = createSealer({ secrets: ['a secret of thirty-two bytes or more'], context: 'c', randomBytes });
  const opens: string[] = [];
  const clock = { ms: NOW * 1000 };
  const sealer: Sealer = {
    seal: (purpose, name, plaintext) => real.seal(purpose, name, plaintext),
    open(purpose, name, sealed) {
      opens.push(sealed);
      return real.open(purpose, name, sealed);
    },
    whenReplaced: (run) => real.whenReplaced(run),
  };
  const bench = { sealer, opens, clock, identities: 0 } as unknown as Bench & { store: CookieStore };
  Object.assign(bench, {
    store: createCookieStore({
      sealer,
      cookie: { name: 'cg', secure: options.secure ?? true },
      cache: { maxEntries: options.maxEntries ?? 100, maxAgeMs: options.maxAgeMs ?? 60_000 },
      now: () => clock.ms,
      buildIdentity: (session) => {
        bench.identities += 1;
        return session.person.user === 'unfit' ? undefined : ['X-User', session.person.user ?? ''];
      },
      ...(options.buildTimed === undefined ? {} : { buildTimed: options.buildTimed }),
    }),
  });
  return bench;
}

/** The Cookie header a browser sends after these Set-Cookie values. */
function buildCookie(setCookies: readonly string[]): string[] {
  const pairs = setCookies.filter((line) => !line.includes('Max-Age=0;')).map((line) => line.split(';')[0]);
  return ['Cookie', pairs.join('; ')];
}

function listNames(setCookies: readonly string[]): string[] {
  return setCookies.map((line) => line.slice(0, line.indexOf('=')));
}

test('a small session is one cookie with the safe attributes, and the cookie is the JWE itself', () => {
  const { store, sealer } = build();
  const lines = store.save(buildSession(), []);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /^__Host-cg=eyJ[\w-]+\.\.[\w.-]+; Max-Age=3600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const value = lines[0]?.slice('__Host-cg='.length).split(';')[0] ?? '';
  assert.match(sealer.open('session', '__Host-cg', value)?.toString() ?? '', /^\{"v":1,/);
  const plain = build({ secure: false }).store.save(buildSession(), []);
  assert.match(plain[0] ?? '', /^cg=eyJ[\w.-]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/);
});

test('finds what it saved, with the finished identity', () => {
  const { store } = build();
  const session = buildSession();
  const opened = store.find(['Host', 'x', ...buildCookie(store.save(session, []))]);
  const endsAt = session.expiresAt * 1_000;
  const identity = ['X-User', 'zoe'];
  assert.deepEqual(opened, { session, identity, endsAt, dueAt: Number.POSITIVE_INFINITY, usage: undefined });
  assert.equal(store.find([]), undefined);
  assert.equal(store.find(['Cookie', 'a=1; __Host-cg=; cg=1']), undefined);
});

test('a session that the identity headers of today cannot carry is none', () => {
  const { store } = build();
  assert.equal(store.find(buildCookie(store.save(buildSession({ user: 'unfit' }), []))), undefined);
});

test('what is good for a while is made once per session, and handed out with it', () => {
  let made = 0;
  const addTimed: AddTimed = (headers) => {
    headers.push('X-Count', String(made));
  };
  const { store } = build({
    buildTimed() {
      made += 1;
      return addTimed;
    },
  });
  const headers = buildCookie(store.save(buildSession(), []));
  assert.equal(store.find(headers)?.addTimed, addTimed);
  assert.equal(store.find(headers)?.addTimed, addTimed);
  assert.equal(made, 1);
});

test('a second look neither opens nor computes anything', () => {
  const bench = build();
  const headers = buildCookie(bench.store.save(buildSession(), []));
  const first = bench.store.find(headers);
  for (let i = 0; i < 10; i += 1) assert.equal(bench.store.find(headers), first);
  assert.equal(bench.opens.length, 1);
  assert.equal(bench.identities, 1);
});

test('the cache ends with its age, with the session, and with too many others', () => {
  const bench = build({ maxEntries: 2, maxAgeMs: 60_000 });
  const headers = buildCookie(bench.store.save(buildSession({ expiresAt: NOW + 90 }), []));
  bench.store.find(headers);
  bench.clock.ms += 60_000;
  assert.ok(bench.store.find(headers));
  assert.equal(bench.opens.length, 2);
  bench.clock.ms += 29_999;
  assert.ok(bench.store.find(headers));
  assert.equal(bench.opens.length, 2);
  bench.clock.ms += 1;
  assert.equal(bench.store.find(headers), undefined, 'expired although it was in the cache');
  assert.equal(bench.store.find(headers), undefined);

  const sessions = ['a', 'b', 'c'].map((user) => buildCookie(bench.store.save(buildSession({ user }), [])));
  bench.opens.length = 0;
  for (const each of [...sessions, ...sessions]) assert.ok(bench.store.find(each));
  assert.equal(bench.opens.length, 6);
});

test('what does not open is not remembered as a session', () => {
  const bench = build();
  const headers = ['Cookie', `__Host-cg=${bench.sealer.seal('login', '__Host-cg', Buffer.from('{}'))}`];
  assert.equal(bench.store.find(headers), undefined);
  assert.equal(bench.store.find(headers), undefined);
  assert.equal(bench.opens.length, 2);
  const shapeless = bench.sealer.seal('session', '__Host-cg', Buffer.from('{"v":1}'));
  assert.equal(bench.store.find(['Cookie', `__Host-cg=${shapeless}`]), undefined);
});

test('property: a session of any size is found again from its chunks, or refused as too large', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 17_000 }), (bytes) => {
      const { store } = build();
      const session = buildSession({ groups: fill(bytes) });
      let lines: readonly string[];
      try {
        lines = store.save(session, []);
      } catch (error) {
        assert.ok(error instanceof Refusal && error.code === 'session_too_large');
        assert.ok(bytes > 14_000);
        return;
      }
      assert.ok(lines.length <= 4);
      const values = lines.map((line) => line.slice(line.indexOf('=') + 1, line.indexOf(';')));
      assert.ok(values.every((value) => value.length <= 3800 && value.length > 0));
      assert.ok(values.length === 1 || values[0]?.startsWith(`${values.length}.`));
      assert.deepEqual(
        listNames(lines),
        ['__Host-cg', '__Host-cg.1', '__Host-cg.2', '__Host-cg.3'].slice(0, lines.length),
      );
      assert.deepEqual(store.find(buildCookie(lines))?.session, session);
      assert.deepEqual(store.find(buildCookie(lines.toReversed()))?.session, session);
    }),
  );
});

test('a session with hundreds of roles is one cookie', () => {
  const { store } = build();
  const groups = Array.from({ length: 500 }, (_, i) => `cn=team-${i},ou=groups,dc=example,dc=com`);
  const session = buildSession({ groups });
  const lines = store.save(session, []);
  assert.equal(lines.length, 1);
  assert.deepEqual(store.find(buildCookie(lines))?.session, session);
});

test('a session beyond four chunks is refused', () => {
  const { store } = build();
  assert.throws(
    () => store.save(buildSession({ groups: fill(16_000) }), []),
    (error: unknown) => error instanceof Refusal && error.code === 'session_too_large' && error.status === 502,
  );
});

test('saving clears the old chunks that are too many, and stale ones are ignored', () => {
  const { store } = build();
  const large = store.save(buildSession({ groups: fill(13_000) }), []);
  assert.equal(large.length, 4);
  const session = buildSession();
  const lines = store.save(session, buildCookie(large));
  assert.deepEqual(listNames(lines), ['__Host-cg', '__Host-cg.1', '__Host-cg.2', '__Host-cg.3']);
  for (const line of lines.slice(1)) assert.match(line, /=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const [head, tail] = [buildCookie(lines)[1] ?? '', buildCookie(large.slice(1))[1] ?? ''];
  assert.deepEqual(store.find(['Cookie', `${tail}; ${head}`])?.session, session);

  const middle = store.save(buildSession({ groups: fill(6_000) }), buildCookie(large));
  assert.deepEqual(listNames(middle), ['__Host-cg', '__Host-cg.1', '__Host-cg.2', '__Host-cg.3']);
  assert.deepEqual(
    middle.map((line) => line.includes('Max-Age=0')),
    [false, false, true, true],
  );
});

test('clearing names every chunk the request carries, with the same attributes', () => {
  const { store } = build();
  const large = store.save(buildSession({ groups: fill(6_000) }), []);
  assert.deepEqual(store.clear([...buildCookie(large), 'Cookie', 'other=1; __Host-cg.9=x']), [
    '__Host-cg=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    '__Host-cg.1=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
  ]);
  assert.deepEqual(store.clear([]), []);
});

test('chunks that are missing, swapped, changed or miscounted are no session, at bounded cost', () => {
  const { store, opens } = build();
  const pairs = (buildCookie(store.save(buildSession({ groups: fill(13_000) }), []))[1] ?? '').split('; ');
  assert.ok(store.find(['Cookie', pairs.join('; ')]));
  const [first = '', second = '', third = '', fourth = ''] = pairs;
  const swapped = [first, second.replace('.1=', '.2='), third.replace('.2=', '.1='), fourth];
  const table = [
    pairs.slice(1),
    pairs.slice(0, 3),
    [first, third, fourth],
    swapped,
    [first, second, third, `${fourth}A`],
    [first.replace('=4.', '=3.'), second, third, fourth],
    ...['0.', '1.', '5.', '9.', '99999999.', '-1.', 'x.', '.', '4', ''].map((count) => [
      first.replace('=4.', `=${count}`),
      second,
      third,
      fourth,
    ]),
  ];
  for (const list of table) {
    opens.length = 0;
    assert.equal(store.find(['Cookie', list.join('; ')]), undefined, list[0]?.slice(0, 30));
    assert.ok(opens.length <= 1);
  }
});

test('a planted cookie of our name, in front or behind, hides nothing', () => {
  const { store } = build({ secure: false });
  const session = buildSession();
  const [, own = ''] = buildCookie(store.save(session, []));
  const chunks = (buildCookie(store.save(buildSession({ user: 'big', groups: fill(13_000) }), []))[1] ?? '').split(
    '; ',
  );
  for (const planted of ['cg=evil', 'cg=2.evil', 'cg=', 'cg=4.', 'cg=evil; cg=eyJ..; cg=x']) {
    for (const line of [`${planted}; ${own}`, `${own}; ${planted}`]) {
      assert.deepEqual(store.find(['Cookie', line])?.session, session, line);
    }
    assert.deepEqual(store.find(['Cookie', planted, 'cookie', own])?.session, session);
    for (const line of [`${planted}; ${chunks.join('; ')}`, `${chunks.join('; ')}; ${planted}`]) {
      assert.equal(store.find(['Cookie', line])?.session.person.user, 'big');
    }
  }
  for (const name of ['cg', 'cg.1', 'cg.2', 'cg.3']) {
    const line = `${name}=evil; ${chunks.join('; ')}; ${name}=4.evil`;
    assert.equal(store.find(['Cookie', line])?.session.person.user, 'big', name);
  }
});

function many(name: string, value: string): string {
  return Array.from({ length: 500 }, (_, i) => `${name}=${value}${i}`).join('; ');
}

test('many planted cookies cost a bounded number of attempts', () => {
  const { store, opens } = build({ secure: false });
  store.find(['Cookie', many('cg', 'evil')]);
  assert.equal(opens.length, 4);
  opens.length = 0;
  store.find(['Cookie', `${many('cg', '4.')}; ${many('cg.1', '')}; ${many('cg.2', '')}; ${many('cg.3', '')}`]);
  assert.ok(opens.length > 0 && opens.length <= 16, `${opens.length}`);
});

test('own cookies are the name and its chunks, nothing else', () => {
  const { store } = build();
  for (const name of ['__Host-cg', '__Host-cg.1', '__Host-cg.3']) assert.equal(store.isOwnCookie(name), true, name);
  for (const name of ['cg', '__host-cg', '__Host-cg.0', '__Host-cg.4', '__Host-cgx', '__Host-cg-login.x', '']) {
    assert.equal(store.isOwnCookie(name), false, name);
  }
});

test('a cookie of another installation or of the other scheme is not accepted', () => {
  const secure = build();
  const plain = build({ secure: false });
  const value = (buildCookie(plain.store.save(buildSession(), []))[1] ?? '').slice('cg='.length);
  assert.equal(secure.store.find(['Cookie', `__Host-cg=${value}`]), undefined);
});
