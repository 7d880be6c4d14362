import { Refusal } from '../errors.ts';
import { describeEntraCode } from './client-fault.ts';
import type { Metadata } from './metadata.ts';
import { isEqual } from './tokens.ts';

/** Checks the parameters the browser brought back, before anything is sent to the provider. */
export function checkCallback(parameters: URLSearchParams, state: string, metadata: Metadata): void {
  for (const name of new Set(parameters.keys())) {
    // RFC 6749, section 3.1: no parameter more than once.
    if (parameters.getAll(name).length > 1) throw new Refusal('callback_malformed', 'a parameter is repeated');
  }
  if (!isEqual(parameters.get('state'), state)) {
    throw new Refusal('state_mismatch', 'state differs from the one of this sign-in');
  }
  checkIss(parameters.get('iss'), metadata);
  const error = parameters.get('error');
  if (error !== null) throw buildErrorRefusal(error, parameters.get('error_description'));
  if (!parameters.get('code')) throw new Refusal('callback_malformed', 'code is missing');
  for (const name of ['response', 'id_token', 'token', 'access_token']) {
    if (parameters.has(name)) throw new Refusal('callback_malformed', `${name} belongs to another flow`);
  }
}

// RFC 9207, section 2.4: compared when present, demanded when announced; in errors, too.
function checkIss(iss: string | null, metadata: Metadata): void {
  if (iss === null && metadata.sendsIss) {
    throw new Refusal('callback_malformed', 'iss is missing, though the provider announces that it sends it');
  }
  if (iss !== null && iss !== metadata.issuer) {
    throw new Refusal('callback_malformed', 'iss is not the issuer: the answer comes from another provider');
  }
}

function buildErrorRefusal(error: string, description: string | null): Refusal {
  const code = buildErrorName(error);
  return new Refusal(
    code === 'access_denied' ? 'idp_denied' : 'idp_error',
    `the provider answered ${code}${describeEntraCode(description)}`,
  );
}

/** An error code as it may stand in a log line: [a-z_], 64 characters at most. */
export function buildErrorName(error: string): string {
  const name = error.replaceAll(/[^a-z_]/g, '').slice(0, 64);
  return name === '' ? 'an unnamed error' : name;
}
