import { randomUUID } from 'node:crypto';
import type { Json, TestProvider } from './provider-types.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';

/** A good logout token but for what the test changes; `undefined` takes a claim away. Without sub and sid in `claims` it is about anna. */
export function issueLogoutToken(
  provider: TestProvider,
  claims: Json = {},
  more: { readonly signing?: string; readonly header?: Json } = {},
): Promise<string> {
  const about = 'sub' in claims || 'sid' in claims ? { sub: undefined } : { sub: 'anna' };
  return provider.issueToken({
    known: false,
    claims: { jti: randomUUID(), client_id: undefined, events: { [event]: {} }, ...about, ...claims },
    header: { typ: 'logout+jwt', ...more.header },
    ...(more.signing === undefined ? {} : { signing: more.signing }),
  });
}

/** As the provider posts it. */
export async function postLogout(
  port: number,
  fields: Readonly<Record<string, string>> | URLSearchParams,
  path = '/oauth2/backchannel-logout',
): Promise<{ status: number; cache: string | null; type: string | null; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  });
  return {
    status: answer.status,
    cache: answer.headers.get('cache-control'),
    type: answer.headers.get('content-type'),
    text: await answer.text(),
  };
}
