import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

const placeholder = /change.?me|placeholder|[-_ ]secret[-_ ]|[-_ ]password|example|insert[-_ ]|replace[-_ ]|<|>/i;

/** What is wrong with a key ring, in sentences that go with its name. */
export function listRingFaults(secrets: readonly string[]): readonly string[] {
  const faults = secrets.length === 0 ? ['is empty; run `claimgate keygen` for a good one'] : [];
  for (const [index, value] of secrets.entries()) {
    const which = secrets.length > 1 ? `entry ${index + 1} ` : '';
    if (Buffer.byteLength(value) < 32) {
      faults.push(`${which}is shorter than 32 characters; run \`claimgate keygen\` for a good one`);
    } else if (placeholder.test(value) || new Set(value).size < 10) {
      faults.push(`${which}looks like a placeholder; run \`claimgate keygen\` for a good one`);
    }
  }
  if (new Set(secrets).size < secrets.length) faults.push('holds the same secret twice');
  return faults;
}

export function checkSecrets({ session, provider, admin }: Config, { problems }: Findings): void {
  // Loading has seen to it that they are there wherever people sign in.
  for (const sentence of session.secrets === undefined ? [] : listRingFaults(session.secrets)) {
    problems.push({ setting: 'PROXY_SESSION_SECRET', sentence });
  }
  if (admin.token !== undefined && (admin.token.length < 32 || !/^[\x21-\x7e]+$/.test(admin.token))) {
    problems.push({
      setting: 'PROXY_ADMIN_TOKEN',
      sentence: 'must have at least 32 characters, all visible ASCII; `claimgate keygen` prints a good one',
    });
  }
  if (
    provider.clientSecret !== undefined &&
    /^(change.?me|secret|password|client.?secret|<.*>|x+)$/i.test(provider.clientSecret)
  ) {
    problems.push({
      setting: 'PROXY_OIDC_CLIENT_SECRET',
      sentence: 'is a placeholder; copy the secret from the provider',
    });
  }
}

export function checkInsecure({ provider, upstream }: Config, { notes }: Findings): void {
  if (provider.insecure)
    notes.push({
      level: 'warn',
      setting: 'PROXY_OIDC_INSECURE',
      sentence: 'switches the certificate check off: anyone between Claimgate and the provider can sign in as anyone',
    });
  if (upstream.insecure)
    notes.push({
      level: 'warn',
      setting: 'PROXY_INSECURE_BACKENDS',
      sentence: 'switches the certificate check of the application off',
    });
}
