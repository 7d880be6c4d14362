import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

const placeholder = /change.?me|placeholder|[-_ ]secret[-_ ]|[-_ ]password|example|insert[-_ ]|replace[-_ ]|<|>/i;

export function checkSecrets({ session, provider, admin }: Config, { problems }: Findings): void {
  if (session.secrets.length === 0)
    problems.push({ setting: 'PROXY_SESSION_SECRET', sentence: 'is empty; run `claimgate keygen` for a good one' });
  for (const [index, value] of session.secrets.entries()) {
    const which = session.secrets.length > 1 ? `entry ${index + 1} ` : '';
    if (Buffer.byteLength(value) < 32) {
      problems.push({
        setting: 'PROXY_SESSION_SECRET',
        sentence: `${which}is shorter than 32 characters; run \`claimgate keygen\` for a good one`,
      });
    } else if (placeholder.test(value) || new Set(value).size < 10) {
      problems.push({
        setting: 'PROXY_SESSION_SECRET',
        sentence: `${which}looks like a placeholder; run \`claimgate keygen\` for a good one`,
      });
    }
  }
  if (admin.token !== undefined && (admin.token.length < 32 || !/^[\x21-\x7e]+$/.test(admin.token))) {
    problems.push({
      setting: 'PROXY_ADMIN_TOKEN',
      sentence: 'must have at least 32 characters, all visible ASCII; `claimgate keygen` prints a good one',
    });
  }
  if (new Set(session.secrets).size < session.secrets.length) {
    problems.push({ setting: 'PROXY_SESSION_SECRET', sentence: 'holds the same secret twice' });
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
