import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Dispatcher } from 'undici';
import type { Refusal } from '../../src/errors.ts';
import { createForwarder, type Exchange } from '../../src/proxy/forward.ts';
import { createHeaderFilter } from '../../src/proxy/headers.ts';
import { createSlots } from '../../src/proxy/slots.ts';
import { checkTarget } from '../../src/proxy/target.ts';
import type { Upstream } from '../../src/proxy/upstream.ts';

test('a request is sent a second time at most, even if every connection turns out to be stale', async () => {
  let sent = 0;
  const controller = { abort() {}, pause() {}, resume() {} } as unknown as Dispatcher.DispatchController;
  const dispatch = (_options: unknown, handler: Dispatcher.DispatchHandler) => {
    sent += 1;
    handler.onRequestStart?.(controller, {});
    handler.onResponseError?.(controller, Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }));
    return true;
  };
  const slots = createSlots({ connections: 1, maxWaiting: 0, maxWaitMs: 1 });
  const upstream = { dispatcher: { dispatch }, slots, isReused: () => true } as unknown as Upstream;
  const filter = createHeaderFilter({ identityHeaders: [], isOwnCookie: () => false, stripCookies: (value) => value });
  const refused = Promise.withResolvers<Refusal>();
  createForwarder({ upstream, filter })({
    req: { method: 'GET', rawHeaders: [], complete: true },
    res: new EventEmitter(),
    target: checkTarget('/'),
    headers: [],
    setCookies: [],
    refuse: refused.resolve,
  } as unknown as Exchange);
  assert.equal((await refused.promise).code, 'upstream_failed');
  assert.equal(sent, 2);
  assert.equal(slots.active, 0);
});
