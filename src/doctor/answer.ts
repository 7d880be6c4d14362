import type { ProviderAnswer } from '../oidc/fetch.ts';

/** Error and description of an answer (RFC 6749, section 5.2). The description is looked at and never repeated. */
export function findAnswerDocument(body: string): { readonly error: string | undefined; readonly description: string } {
  try {
    const { error, error_description: description } = JSON.parse(body) as Record<string, unknown>;
    return {
      error: typeof error === 'string' ? error : undefined,
      description: typeof description === 'string' ? description.slice(0, 1_000) : '',
    };
  } catch {
    return { error: undefined, description: '' };
  }
}

/** What came, without anything of its content. */
export function describeStatus({ status, mediaType }: Pick<ProviderAnswer, 'status' | 'mediaType'>): string {
  if (status === 429) return 'status 429, too many requests';
  const page = mediaType === 'text/html' ? ' and a page, perhaps of a proxy or a firewall in between' : '';
  return `status ${status}${page}`;
}
