import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, Refusal } from '../../src/errors.ts';
import {
  type Attempt,
  createProvider,
  type Provider,
  type ProviderOptions,
  type RequestOptions,
  type SignIn,
} from '../../src/oidc/provider.ts';
import { type ProviderSetup, startProvider, type TestProvider } from './provider.ts';

export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: Record<string, unknown>;
}

/** Our side of a provider, with a clock and timers in the hand of the test. */
export interface RelyingParty {
  readonly provider: Provider;
  readonly logs: LogLine[];
  /** Delays of the timers that wait, shortest first. */
  readonly timers: { readonly delayMs: number; readonly run: () => void }[];
  /** Moves the clock, in milliseconds; runs no timer. */
  advance(ms: number): void;
  /** Runs the waiting timers of that delay. */
  runTimers(delayMs: number): void;
  /** A whole sign-in, through the provider's authorize endpoint. */
  signIn(change?: (callback: URLSearchParams) => void): Promise<SignIn>;
  close(): void;
}

function buildRandom(): string {
  return randomBytes(32).toString('base64url');
}

export function buildAttempt(): Attempt {
  return { state: buildRandom(), nonce: buildRandom(), codeVerifier: buildRandom() };
}

/** Nothing asked for beside the sign-in. */
export const plainRequest: RequestOptions = {
  extra: [],
  acrRequired: false,
  pkce: true,
  par: 'auto',
  responseMode: 'query',
};

export function createRelyingParty(
  op: Pick<TestProvider, 'issuer' | 'clientId' | 'clientSecret' | 'signIn'>,
  overrides: Partial<ProviderOptions> = {},
  found: 'issuer' | 'discoveryUrl' = 'issuer',
): RelyingParty {
  const logs: LogLine[] = [];
  const timers: { delayMs: number; run: () => void }[] = [];
  let offset = 0;
  const provider = createProvider({
    ...(found === 'issuer' ? { issuer: op.issuer } : {}),
    clientId: op.clientId,
    clientSecret: () => op.clientSecret,
    tokenAuthMethod: 'auto',
    clientProof: { audience: 'issuer', now: () => Date.now() + offset, randomBytes },
    request: plainRequest,
    scopes: ['openid', 'profile'],
    redirectUri: 'https://app.example/oauth2/callback',
    idTokenAlgs: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    audiences: [],
    accessTokenVerifyMethod: 'jwt',
    userinfo: 'auto',
    requireAccessTokenClaims: false,
    jwks: { refreshIntervalMs: 3_600_000, timeoutMs: 5_000, rateLimitMs: 60_000, refreshUnknownKid: true },
    tls: {},
    allowHttp: true,
    timeoutMs: 5_000,
    now: () => Date.now() + offset,
    schedule: (run, delayMs) => {
      const timer = { delayMs, run };
      timers.push(timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
    log: (level, event, fields) => logs.push({ level, event, fields: { ...fields } }),
    ...overrides,
  });
  return {
    provider,
    logs,
    timers,
    advance(ms) {
      offset += ms;
    },
    runTimers(delayMs) {
      for (const timer of timers.filter((one) => one.delayMs === delayMs)) {
        timers.splice(timers.indexOf(timer), 1);
        timer.run();
      }
    },
    async signIn(change) {
      const attempt = buildAttempt();
      const callback = await op.signIn(await provider.loadAuthorizationUrl(attempt));
      change?.(callback.searchParams);
      return await provider.redeem(callback.searchParams, attempt);
    },
    close: () => provider.close(),
  };
}

/** A provider and our side of it, closed with the test. */
export async function setUp(
  t: TestContext,
  setup: ProviderSetup = {},
  overrides: Partial<ProviderOptions> = {},
): Promise<{ op: TestProvider; rp: RelyingParty }> {
  const op = await startProvider(setup);
  const rp = createRelyingParty(op, overrides);
  t.after(async () => {
    rp.close();
    await op.close();
  });
  return { op, rp };
}

/** The refusal a promise ends in; fails when it ends otherwise. */
export async function findRefusal(promise: Promise<unknown>, code: ErrorCode, detail: RegExp = /./): Promise<Refusal> {
  const ending = await promise.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  assert.ok(ending instanceof Refusal, `expected ${code}, got ${String(ending)}`);
  assert.equal(ending.code, code, ending.detail);
  assert.match(ending.detail, detail);
  return ending;
}

/** Waits for something that happens in the background, at most two seconds. */
export async function waitFor(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 400; n += 1) {
    if (await isTrue()) return;
    await sleep(5);
  }
  assert.fail('it never happened');
}
