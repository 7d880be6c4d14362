import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { createKeyRing, type LoadRing } from '../../src/session/key-ring.ts';
import { goodSecret, minimalEnv } from '../support/env.ts';

const other = 'pR4tX8kN1wZ6cV9mB3qL7sD2fH5jG0yE';

function build(secrets: readonly string[] = ['old']) {
  let found: ReturnType<LoadRing> = { secrets };
  const delays: number[] = [];
  const events: string[] = [];
  let scheduled: (() => void) | undefined;
  const ring = createKeyRing({
    secrets,
    load: () => found,
    replace: (ringNow) => events.push(ringNow.join(',')),
    onReplaced: (count) => events.push(`${count} in use`),
    onFault: (fault) => events.push(fault),
    schedule: (run, delayMs) => {
      delays.push(delayMs);
      scheduled = run;
      return () => {
        scheduled = undefined;
      };
    },
  });
  return { ring, delays, events, write: (value: ReturnType<LoadRing>) => (found = value), tick: () => scheduled?.() };
}

test('a changed file counts once two looks, a second apart, find the same in it', () => {
  const { ring, delays, events, write, tick } = build();
  ring.start();
  tick();
  tick();
  assert.deepEqual([delays, events], [[10_000, 1_000, 10_000], []]);
  write({ secrets: ['new'] });
  tick();
  write({ secrets: ['new', 'old'] });
  tick();
  assert.deepEqual(events, [], 'half a file is not a ring');
  tick();
  assert.deepEqual(events, ['new,old', '2 in use']);
  tick();
  tick();
  assert.equal(events.length, 2);
  ring.close();
  write({ secrets: ['later'] });
  tick();
  assert.equal(events.length, 2);
});

test('a fault changes nothing and is said once, until it was mended', () => {
  const { ring, events, write } = build();
  write({ fault: 'is empty' });
  ring.reload();
  ring.reload();
  assert.deepEqual(events, ['is empty']);
  write({ secrets: ['old'] });
  ring.reload();
  write({ fault: 'is empty' });
  ring.reload();
  assert.deepEqual(events, ['is empty', 'is empty']);
  write({ secrets: ['new'] });
  ring.reload();
  assert.deepEqual(events.slice(2), ['new', '1 in use']);
});

test('a file holds one secret per line or several with commas; only a file is read again', () => {
  const files: Record<string, string> = { '/s': `${other}\r\n\n${goodSecret}\n` };
  const env: Record<string, string> = { ...minimalEnv, PROXY_SESSION_SECRET: '', PROXY_SESSION_SECRET_FILE: '/s' };
  const readText = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error('no such file');
    return text;
  };
  const { config, reloadRing } = loadConfig({ env, readText });
  assert.deepEqual(config.session.secrets, [other, goodSecret]);
  files['/s'] = `${goodSecret}, ${other}`;
  assert.deepEqual(reloadRing?.(), { secrets: [goodSecret, other] });
  const faults: readonly (readonly [string | undefined, RegExp])[] = [
    ['', /^PROXY_SESSION_SECRET_FILE is empty/],
    ['short', /is shorter than 32/],
    ['change-me-change-me-change-me-change-me', /looks like a placeholder/],
    [`${other}\n${other}`, /the same secret twice/],
    [undefined, /cannot be read/],
  ];
  for (const [text, sentence] of faults) {
    if (text === undefined) delete files['/s'];
    else files['/s'] = text;
    const found = reloadRing?.();
    assert.ok(found !== undefined && 'fault' in found);
    assert.match(found.fault, sentence);
  }
  assert.equal(loadConfig({ env: minimalEnv }).reloadRing, undefined);
  files['/c'] = 'session:\n  secret_file: /s\n';
  files['/s'] = other;
  const yaml = loadConfig({ env: { ...minimalEnv, PROXY_SESSION_SECRET: '', PROXY_CONFIG_FILE: '/c' }, readText });
  assert.deepEqual(yaml.reloadRing?.(), { secrets: [other] });
});
