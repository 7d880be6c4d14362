/** An answer of something that is neither the provider nor known as the application. */
export interface PlainAnswer {
  readonly status: number;
  readonly location?: string;
  readonly setCookies: readonly string[];
  /** The first part of it. */
  readonly body: string;
}

/** Status and code with which Claimgate asks for a sign-in or a token, and says at its own address that nobody signs in. */
const ownRefusals = new Set(['401 login_required', '401 bearer_required', '404 sign_in_off']);

/** Whether a Claimgate refused to let a request without credentials pass. */
export function isOwnAnswer({ status, body }: PlainAnswer): boolean {
  try {
    const { error, request_id: id } = JSON.parse(body) as Record<string, unknown>;
    return ownRefusals.has(`${status} ${String(error)}`) && typeof id === 'string';
  } catch {
    return false;
  }
}
