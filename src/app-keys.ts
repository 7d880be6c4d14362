import { buildSealContext } from './app-options.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './log.ts';
import type { Schedule } from './oidc/timer.ts';
import { createKeyRing, type KeyRing, type LoadRing } from './session/key-ring.ts';
import { createSealer, type Sealer } from './session/seal.ts';

interface KeySurroundings {
  readonly log: Logger;
  readonly randomBytes: (size: number) => Buffer;
  readonly schedule: Schedule;
  /** Reads the session secrets anew, where they came from a file. */
  readonly reloadRing: LoadRing | undefined;
}

/** What seals, and what follows the file of its secrets. */
export function createKeys(
  config: Config,
  { log, randomBytes, schedule, reloadRing }: KeySurroundings,
): { readonly sealer: Sealer; readonly keyRing: KeyRing | undefined } {
  // Nothing is sealed where they may be missing; what nobody else knows opens nothing.
  const { secrets = [randomBytes(32).toString('base64url')] } = config.session;
  const sealer = createSealer({
    secrets,
    context: buildSealContext(config.profiles[0] ?? config),
    providers: new Map(config.profiles.map((profile) => [profile.id, buildSealContext(profile)])),
    randomBytes,
  });
  const keyRing =
    reloadRing &&
    createKeyRing({
      secrets,
      load: reloadRing,
      replace: (next) => sealer.replaceSecrets(next),
      onReplaced: (count) => log.info({ secrets: count }, 'session secrets replaced'),
      onFault: (fault) => log.warn({ fault }, 'session secrets not replaced'),
      schedule,
    });
  return { sealer, keyRing };
}
