import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { answerMutants } from './answers.ts';
import { backupMutants } from './backup.ts';
import { bearerMutants } from './bearer.ts';
import { bearerOnlyMutants } from './bearer-only.ts';
import { configurationMutants } from './configuration.ts';
import { doctorMutants } from './doctor.ts';
import { edgeMutants } from './edge.ts';
import { forwardingMutants } from './forwarding.ts';
import { frontEndMutants } from './front-ends.ts';
import { identityMutants } from './identity.ts';
import { identityOutMutants } from './identity-out.ts';
import type { Mutant } from './mutant.ts';
import { limitMutants } from './limits.ts';
import { logoutMutants } from './logout.ts';
import { keyRingMutants } from './key-ring.ts';
import { navigationMutants } from './navigation.ts';
import { peopleMutants } from './people.ts';
import { protocolMutants } from './protocol.ts';
import { providerMutants } from './provider.ts';
import { providersMutants } from './providers.ts';
import { redisMutants } from './redis.ts';
import { refreshMutants } from './refresh.ts';
import { requestMutants } from './request.ts';
import { ruleFieldMutants } from './rule-fields.ts';
import { ruleMutants } from './rules.ts';
import { sessionMutants } from './session.ts';
import { shutdownMutants } from './shutdown.ts';
import { signInMutants } from './sign-in.ts';
import { templateMutants } from './template.ts';
import { tokenMutants } from './tokens.ts';

const root = resolve(import.meta.dirname, '../..');

export const mutants: readonly Mutant[] = [
  ...signInMutants,
  ...navigationMutants,
  ...providerMutants,
  ...providersMutants,
  ...templateMutants,
  ...protocolMutants,
  ...tokenMutants,
  ...bearerMutants,
  ...bearerOnlyMutants,
  ...identityMutants,
  ...peopleMutants,
  ...identityOutMutants,
  ...ruleMutants,
  ...ruleFieldMutants,
  ...requestMutants,
  ...forwardingMutants,
  ...answerMutants,
  ...sessionMutants,
  ...logoutMutants,
  ...limitMutants,
  ...redisMutants,
  ...refreshMutants,
  ...backupMutants,
  ...frontEndMutants,
  ...keyRingMutants,
  ...configurationMutants,
  ...edgeMutants,
  ...shutdownMutants,
  ...doctorMutants,
];

/** Why the row proves nothing, or undefined. */
export function findFault({ name, file, find, tests }: Mutant): string | undefined {
  if (mutants.filter((other) => other.name === name).length > 1) return 'another row has this name';
  const missing = [file, ...tests].find((path) => !existsSync(join(root, path)));
  if (missing !== undefined) return `${missing} does not exist`;
  if (tests.length === 0) return 'names no test';
  const source = readFileSync(join(root, file), 'utf8');
  const count = source.split(find).length - 1;
  return count === 1 ? undefined : `the text to replace occurs ${count} times`;
}
