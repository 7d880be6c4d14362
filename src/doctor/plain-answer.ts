/** An answer of something that is neither the provider nor known as the application. */
export interface PlainAnswer {
  readonly status: number;
  readonly location?: string;
  readonly setCookies: readonly string[];
  /** The first part of it. */
  readonly body: string;
}

/** Whether a Claimgate refused to say who is signed in, as it does at `/oauth2/userinfo` without a session. */
export function isOwnAnswer({ status, body }: PlainAnswer): boolean {
  if (status !== 401) return false;
  try {
    const { error, request_id: id } = JSON.parse(body) as Record<string, unknown>;
    return error === 'login_required' && typeof id === 'string';
  } catch {
    return false;
  }
}
