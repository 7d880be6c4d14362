import type { ProviderAnswer } from '../oidc/fetch.ts';
import { describeStatus } from './answer.ts';
import { createVoice, type Finding, quote } from './finding.ts';

const voice = createVoice('discovery');

/** A discovery document that could be read, or what is wrong with the answer. */
export type DiscoveryAnswer = { readonly document: Readonly<Record<string, unknown>> } | { readonly finding: Finding };

/** Whether the answer to discovery is a document at all. */
export function judgeDiscovery(answer: ProviderAnswer, at: URL, settings: readonly string[]): DiscoveryAnswer {
  const { status, location, mediaType, body } = answer;
  const refuse = (sentence: string) => ({ finding: voice.failed(sentence, ...settings) });
  if (status >= 300 && status < 400) {
    const target = location !== undefined && URL.canParse(location, at.href) ? new URL(location, at) : undefined;
    const to = target === undefined ? 'elsewhere' : `to ${quote(target.origin + target.pathname)}`;
    return refuse(`${quote(at.href)} redirects ${to}, which is not followed; the issuer is another one`);
  }
  if (status === 404)
    return refuse(`there is no document at ${quote(at.href)}; a part of the path is wrong or missing`);
  if (status !== 200) return refuse(`${quote(at.href)} gave ${describeStatus(answer)}`);
  try {
    const document: unknown = JSON.parse(body);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) {
      return { document: document as Readonly<Record<string, unknown>> };
    }
  } catch {
    // Said below.
  }
  const what = mediaType === 'text/html' ? 'a web page' : 'something else';
  return refuse(`${quote(at.href)} is ${what} and no discovery document; a part of the path is wrong or missing`);
}
