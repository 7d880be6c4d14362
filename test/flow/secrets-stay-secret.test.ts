import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goodSecret } from '../support/env.ts';
import { startApp } from '../support/app.ts';

/** Threat 124: canaries in every place a secret passes, and none of them in any output at the most talkative level. */
test('no secret, token, code, cookie or claim set reaches a log line, a metric or a page', async () => {
  const started = await startApp({
    users: [
      {
        sub: 'anna',
        claims: { preferred_username: 'anna', opencloud_role: 'opencloudAdmin', diary: 'canary-of-the-claims' },
      },
    ],
  });
  const { provider } = started;
  const browser = started.newBrowser();
  const pages: string[] = [];
  const secrets = new Set<string>([goodSecret, provider.clientSecret ?? '', 'canary-of-the-claims', 'canary-bearer']);

  const first = await browser.open('/reports?token=canary-of-the-query');
  secrets.add('canary-of-the-query');
  for (const name of ['state', 'nonce', 'code_challenge'])
    secrets.add(new URL(first.location).searchParams.get(name) ?? '');
  const callback = await browser.open(first.location);
  secrets.add(new URL(callback.location).searchParams.get('code') ?? '');
  const finished = await browser.open(callback.location);
  for (const line of [...first.setCookies, ...finished.setCookies])
    secrets.add(line.split(';')[0]?.split('=').slice(1).join('=') ?? '');
  pages.push((await browser.open(finished.location, { headers: { authorization: 'Bearer canary-bearer' } })).text);

  for (const behave of [
    { sign: 'wrong-key' as const },
    { idToken: (claims: Record<string, unknown>) => ({ ...claims, iss: 'https://evil.example' }) },
    { userinfo: () => 'canary-of-the-claims' },
    {
      tokenResponse: () => ({
        access_token: 'canary-access',
        id_token: 'canary-id',
        token_type: 'odd',
        error: 'canary',
      }),
    },
    {
      answer: {
        token: (answer: { status: number; headers: Record<string, string>; body: string | Buffer }) => ({
          ...answer,
          status: 400,
          body: '{"error":"invalid_client","error_description":"canary-description"}',
        }),
      },
    },
    { down: ['token' as const] },
  ]) {
    provider.behave(behave);
    pages.push((await started.newBrowser().follow('/')).text);
    provider.reset();
  }
  for (const canary of ['canary-access', 'canary-id', 'canary-description']) secrets.add(canary);
  for (const request of provider.requests) {
    secrets.add(request.headers.authorization?.split(' ')[1] ?? '');
    for (const name of ['code', 'code_verifier', 'client_secret']) secrets.add(request.form.get(name) ?? '');
  }
  for (const logLine of started.logs) assert.equal(typeof logLine['time'], 'string');

  const metrics = await readMetrics(started.app.admin);
  const outputs = { log: started.logText(), metrics, pages: pages.join('\n') };
  secrets.delete('');
  assert.ok(secrets.size > 15);
  for (const [output, text] of Object.entries(outputs)) {
    for (const secret of secrets) {
      // "1" is the value of the round cookie, too short to be told from other text.
      if (secret.length < 6) continue;
      if (output === 'pages' && secret === 'canary-of-the-query') continue;
      assert.ok(!text.includes(secret), `${output} holds ${secret.slice(0, 12)}…`);
    }
  }
  assert.match(outputs.log, /"outcome":"forwarded"/);
  assert.match(outputs.metrics, /claimgate_sign_ins_total\{result="ok"\} \d/);
});

test('control characters of a client end in one JSON line', async () => {
  const started = await startApp();
  await started.newBrowser().open('/a%0d%0a%1b[31m', { headers: { 'user-agent': 'x' } });
  for (const line of started.logText().trim().split('\n')) JSON.parse(line);
});

async function readMetrics(admin: import('node:http').Server): Promise<string> {
  await new Promise<void>((resolve) => admin.listen(0, '127.0.0.1', resolve));
  const address = admin.address();
  assert.ok(address !== null && typeof address === 'object');
  const { fetch } = await import('undici');
  const answer = await fetch(`http://127.0.0.1:${address.port}/metrics`);
  const text = await answer.text();
  admin.closeAllConnections();
  admin.close();
  return text;
}
