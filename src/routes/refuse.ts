import { buildRefusal, Refusal } from '../errors.ts';
import { findScheme, type UserAgentSchemes } from '../http/challenge.ts';
import type { PageAction } from '../http/pages.ts';
import { type RefusalContext, sendRefusal } from '../http/respond.ts';
import { findUpgrade } from '../http/server.ts';
import type { TracedOutlet } from '../http/trace.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';

/** Answers with a refusal and leaves one log line for those who run the proxy. Anything may be passed as thrown. */
export type Refuse = (outlet: TracedOutlet, thrown: unknown, context?: RefusalContext) => void;

const otherAccount: PageAction = { kind: 'post', href: '/oauth2/sign_out', label: 'Use another account' };

interface RefuseOptions {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'countRefusedTunnel'>;
  readonly publicOrigin: string;
  /** Whether people can sign in here. */
  readonly signsIn: boolean;
  /** Clients that are asked for another scheme than Bearer. */
  readonly schemes: UserAgentSchemes;
}

export function createRefuse(options: RefuseOptions): Refuse {
  const loginUrl = `${options.publicOrigin}/oauth2/start`;
  return (outlet, thrown, context = {}) => {
    const refusal = findRefusal(buildRefusal(thrown), options.signsIn);
    outlet.trace.outcome = refusal.code;
    if (findUpgrade(outlet.req) !== undefined) options.metrics.countRefusedTunnel(refusal.code);
    logRefusal(options.log, outlet, refusal);
    sendRefusal(outlet, refusal, {
      ...(options.signsIn && canSignIn(refusal) ? { loginUrl: buildUrl(loginUrl, context.loginQuery) } : {}),
      ...(refusal.status === 401 ? { scheme: findScheme(options.schemes, outlet.req.headers['user-agent']) } : {}),
      actions: listActions(refusal, context),
      challengesScripts: !options.signsIn,
      ...context,
    });
  };
}

/** Where nobody signs in, a client is told what it needs instead. */
function findRefusal(refusal: Refusal, signsIn: boolean): Refusal {
  return signsIn || refusal.code !== 'login_required' ? refusal : new Refusal('bearer_required', refusal.detail);
}

function canSignIn({ code }: Refusal): boolean {
  return code === 'login_required' || code === 'step_up_required';
}

function buildUrl(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}?${query}`;
}

function listActions(refusal: Refusal, { returnTo = '/', loginQuery }: RefusalContext): readonly PageAction[] {
  const rd = `rd=${encodeURIComponent(returnTo)}`;
  const tryAgain: PageAction = {
    kind: 'link',
    href: buildUrl('/oauth2/start', loginQuery === undefined ? rd : `${loginQuery}&${rd}`),
    label: 'Try again',
  };
  switch (refusal.code) {
    case 'login_required':
      return [{ ...tryAgain, label: 'Sign in' }];
    case 'step_up_required':
      return [{ ...tryAgain, label: 'Confirm who you are' }];
    // The page itself knows what it asks for.
    case 'step_up_failed':
    case 'step_up_other_account':
      return [{ ...tryAgain, href: returnTo }, otherAccount];
    case 'state_mismatch':
    case 'flow_expired':
    case 'login_loop':
    case 'callback_malformed':
    case 'idp_error':
    case 'idp_unreachable':
    case 'code_refused':
    case 'par_failed':
    case 'token_response_invalid':
    case 'id_token_invalid':
    case 'userinfo_invalid':
      return [tryAgain];
    case 'idp_denied':
    case 'access_token_invalid':
    case 'sign_in_too_old':
    case 'acr_insufficient':
    case 'session_too_large':
      return [tryAgain, otherAccount];
    case 'user_claim_missing':
    case 'user_claim_type':
    case 'role_claim_missing':
    case 'role_claim_type':
    case 'role_unmapped':
    case 'identity_unrepresentable':
    case 'claim_required':
    case 'email_missing':
    case 'email_unverified':
    case 'email_domain_denied':
    case 'tenant_denied':
    case 'group_denied':
    case 'groups_overage':
      return [otherAccount, tryAgain];
    case 'role_required':
    case 'role_excluded':
    case 'claim_not_met':
      return [{ kind: 'link', href: '/', label: 'Back to the start' }, otherAccount];
    default:
      return [];
  }
}

/** Faults are errors, what an operator can mend is a warning, everyday refusals only show with debug. */
function logRefusal(log: Logger, outlet: TracedOutlet, refusal: Refusal): void {
  const line = {
    request_id: outlet.requestId,
    refusal: refusal.code,
    detail: refusal.detail,
    cure: refusal.cure,
    ...(outlet.trace.rule === undefined ? {} : { rule: outlet.trace.rule }),
  };
  if (refusal.code === 'internal') log.error({ ...line, err: refusal.cause }, 'refused');
  else if (canSignIn(refusal) || refusal.code === 'bearer_required') log.debug(line, 'refused');
  else if (refusal.status >= 500 || refusal.status === 403) log.warn(line, 'refused');
  else log.info(line, 'refused');
}
