import type { Refusal } from '../errors.ts';
import { createVoice, type Finding } from './finding.ts';
import { findNetworkFault } from './judge-network.ts';

const voice = createVoice('client');

/** What the product made of the answer to a code that cannot exist, at a provider with a template. */
export function judgeTemplateRefusal(refusal: Refusal): Finding {
  switch (refusal.code) {
    case 'code_refused':
      return voice.ok('the provider refused only the made-up code');
    case 'client_auth_failed':
      return voice.failed(
        'the provider refuses the client: the id or the secret is wrong',
        'PROXY_OIDC_CLIENT_ID',
        'PROXY_OIDC_CLIENT_SECRET',
      );
    case 'idp_unreachable': {
      const fault = findNetworkFault(refusal);
      return voice.failed(`the token address: ${fault?.cause ?? refusal.detail}`, 'PROXY_OIDC_TEMPLATE');
    }
    default:
      return voice.notTested(`could not be told: the answer of the token address was ${refusal.code}`);
  }
}
