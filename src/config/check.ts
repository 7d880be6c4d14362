import { checkAccess, checkHeaders } from './check-access.ts';
import { checkAddresses, checkUpstream } from './check-addresses.ts';
import { checkProvider } from './check-provider.ts';
import { checkInsecure, checkSecrets } from './check-secrets.ts';
import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

const checks = [checkAddresses, checkUpstream, checkProvider, checkAccess, checkHeaders, checkSecrets, checkInsecure];

/** Settings that are each valid but do not go together. `given` holds the YAML keys that somebody wrote down. */
export function checkConfig(config: Config, given: ReadonlySet<string>): Findings {
  const findings: Findings = { problems: [], notes: [] };
  for (const check of checks) check(config, findings, given);
  return findings;
}
