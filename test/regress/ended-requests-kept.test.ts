import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLive } from '../../src/proxy/live.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;

const buildAnswer = () => Object.assign(new EventEmitter(), { destroyed: false, body: Buffer.alloc(16_384, 1) });

// The answers of a session were in a Set. V8 links a table that a Set has outgrown to the next one; once the first of such a chain was old,
// no collection of young objects freed the requests in it. With bodies of 64 KiB everything was collected 17 times a second, and a request
// cost three times as much, until the process ended.
test('collections of young objects free the requests that have ended', () => {
  const live = createLive({ isOver: () => false });
  const opened = { session: { id: 'one' }, endsAt: 1 };
  const under = Array.from({ length: 64 }, buildAnswer);
  let most = 0;
  for (let count = 0; count < 8_192; count += 1) {
    under[count % under.length]?.emit('close');
    const answer = buildAnswer();
    under[count % under.length] = answer;
    live.addExchange(opened, answer as unknown as ServerResponse);
    if (count % 256 > 0) continue;
    collect({ type: 'minor' });
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  assert.ok(most < 12 * 1_048_576, `${most} bytes`);
});
