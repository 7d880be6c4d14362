import type { Finding } from './finding.ts';

/** Shorter ones are words that may stand anywhere. */
const LEAST_LENGTH = 8;

/** The last look at what is about to be told: a peer may have sent back what it was sent. */
export function redactFindings(findings: readonly Finding[], secrets: readonly string[]): readonly Finding[] {
  const forms = secrets
    .flatMap((secret) => (secret.length < LEAST_LENGTH ? [] : [secret, encodeURIComponent(secret)]))
    // A secret that holds another one goes first.
    .toSorted((a, b) => b.length - a.length);
  const redact = (text: string): string => forms.reduce((rest, form) => rest.replaceAll(form, '[secret]'), text);
  return findings.map((finding) => ({ ...finding, sentence: redact(finding.sentence) }));
}
