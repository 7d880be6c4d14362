import type { Claims } from '../access/claims.ts';
import { type ErrorCode, Refusal } from '../errors.ts';
import { checkAnswer } from './template-answer.ts';
import { type CallContext, loadStep } from './template-call.ts';
import { isSent, type OAuth2Template } from './template.ts';

// Names of failures beside those of RFC 6749, section 5.2, as GitHub and QQ give them.
const spentCodes: ReadonlySet<string> = new Set(['invalid_grant', 'bad_verification_code', '100019', '100020']);
const unknownClients: ReadonlySet<string> = new Set([
  'invalid_client',
  'incorrect_client_credentials',
  '100008',
  '100009',
]);
const retrySeconds = 5;

/** Redeems the code; the members of the answer. The context's variables hold code and verifier. */
export async function loadTemplateToken(template: OAuth2Template, url: string, context: CallContext): Promise<Claims> {
  const { token: call, authorization } = template;
  const { client_id = '', code = '', redirect_uri = '', code_verifier = '' } = context.variables;
  const standard: (readonly [string, string])[] = [
    ['grant_type', 'authorization_code'],
    ['code', code],
    ['redirect_uri', redirect_uri],
  ];
  if (isSent(authorization.parameters, 'code_challenge')) standard.push(['code_verifier', code_verifier]);
  if (call.auth === 'none') standard.push(['client_id', client_id]);
  const what = 'the token endpoint';
  const answer = await loadStep({ call, url, standard, what, malformed: 'token_response_invalid' }, context);
  if (answer.status >= 500 || answer.status === 429) {
    throw new Refusal('idp_unreachable', `${what} answered with status ${answer.status}`, { retryAfter: retrySeconds });
  }
  return checkAnswer(answer, call, { what, findCode: (failure) => findTokenCode(failure, answer.status) });
}

function findTokenCode(failure: string | undefined, status: number): ErrorCode {
  if (failure === undefined) return status === 401 ? 'client_auth_failed' : 'token_response_invalid';
  if (unknownClients.has(failure)) return 'client_auth_failed';
  return spentCodes.has(failure) ? 'code_refused' : 'idp_error';
}
