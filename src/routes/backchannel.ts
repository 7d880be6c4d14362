import { buildRefusal, Refusal } from '../errors.ts';
import { loadForm } from '../http/form.ts';
import { send, sendJson } from '../http/respond.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Logger } from '../log.ts';
import { findUnverifiedIssuer } from '../oidc/access-token.ts';
import type { LogoutToken } from '../oidc/logout-token.ts';
import type { Ended, Revocations } from '../session/revocations.ts';
import type { Endpoint } from './own.ts';
import type { ProviderEntry, Providers } from './providers.ts';

interface BackchannelOptions {
  readonly paths: readonly string[];
  readonly providers: Providers;
  readonly revocations: Pick<Revocations, 'end' | 'isUsed'>;
  /** Milliseconds for the whole form. */
  readonly formTimeout: number;
  readonly log: Logger;
  /** As the log names people. */
  readonly nameUser: (user: string | undefined) => string | undefined;
}

const maxBytes = 64 * 1024;

/** The provider says that a session, or everything of a person, has ended (OpenID Connect Back-Channel Logout 1.0). */
export function listBackchannelEndpoints(options: BackchannelOptions): Readonly<Record<string, Endpoint>> {
  const { providers, revocations, log } = options;

  /** The unverified issuer only chooses who is to judge; what it does not name is left to the main provider. */
  function listCandidates(token: string): readonly ProviderEntry[] {
    const issuer = findUnverifiedIssuer(token);
    const named = issuer === undefined ? [] : providers.listByIssuer(issuer);
    return named.length > 0 ? named : [providers.main];
  }

  /** Two clients of one provider have the same issuer; `aud` tells whose token it is. */
  async function verify(token: string): Promise<LogoutToken> {
    let failure: unknown;
    for (const { provider } of listCandidates(token)) {
      try {
        return await provider.verifyLogoutToken(token);
      } catch (error) {
        failure ??= error;
      }
    }
    throw failure;
  }

  async function answer(outlet: TracedOutlet): Promise<void> {
    const form = await loadForm(outlet.req, { maxBytes, timeoutMs: options.formTimeout });
    const [token, another] = form.getAll('logout_token');
    if (token === undefined || token === '') throw new Refusal('logout_malformed', 'the form has no logout_token');
    if (another !== undefined) throw new Refusal('logout_malformed', 'logout_token is repeated');
    const { iss, sub, sid, jti, until } = await verify(token);
    if (revocations.isUsed({ iss, jti })) {
      throw new Refusal('logout_token_invalid', 'logout token: its jti was used before');
    }
    await revocations.end(buildEnded(iss, sub, sid), { iss, jti, until });
    log.info({ request_id: outlet.requestId, iss, sub: options.nameUser(sub), sid }, 'ended by the provider');
    // Section 2.8: exactly 200, and not stored, whether or not there was such a session.
    send(outlet, 200, {}, [], '');
  }

  /** Section 2.8: 400 and nothing else; the reason stays in the log. */
  function refuse(outlet: TracedOutlet, thrown: unknown): void {
    const { code, detail, sentence, cure, cause } = buildRefusal(thrown);
    outlet.trace.outcome = code;
    const line = { request_id: outlet.requestId, refusal: code, detail, cure };
    if (code === 'internal') log.error({ ...line, err: cause }, 'refused');
    else log.warn(line, 'refused');
    sendJson(outlet, 400, {
      error: 'invalid_request',
      error_description: sentence,
      request_id: outlet.requestId,
    });
  }

  const endpoint: Endpoint = {
    POST(outlet) {
      answer(outlet).catch((thrown: unknown) => refuse(outlet, thrown));
    },
  };
  return Object.fromEntries(options.paths.map((path) => [path, endpoint]));
}

/** With a sid one session is meant, without it everything of the person. */
function buildEnded(iss: string, sub: string | undefined, sid: string | undefined): Ended {
  if (sid !== undefined) return { kind: 'sid', iss, sid, ...(sub === undefined ? {} : { sub }) };
  if (sub !== undefined) return { kind: 'sub', iss, sub };
  throw new Refusal('logout_token_invalid', 'logout token: it has neither sub nor sid');
}
