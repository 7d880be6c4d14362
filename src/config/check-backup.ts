import type { Findings } from './findings.ts';
import type { Config } from './schema.ts';

export function checkBackup({ backup, profiles }: Config, { problems, notes }: Findings): void {
  const { login, mode, user, passwordHash, until } = backup;
  // Also while the login is off: its last sessions must not become those of a provider.
  if (profiles.some(({ id }) => id === 'backup')) {
    problems.push({ setting: 'providers', sentence: 'has the id backup, which is the name of the backup login' });
  }
  if (!login) {
    if (mode === 'backup-only') {
      problems.push({
        setting: 'PROXY_AUTH_MODE',
        sentence:
          'is backup-only, and nobody could sign in: set PROXY_BACKUP_LOGIN=true with the settings that go with it',
      });
    }
    return;
  }
  const needed = [
    ['PROXY_BACKUP_USER', user],
    ['PROXY_BACKUP_PASSWORD_HASH', passwordHash],
    ['PROXY_BACKUP_UNTIL', until],
  ] as const;
  for (const [setting, value] of needed) {
    if (value === undefined) problems.push({ setting, sentence: 'is missing: PROXY_BACKUP_LOGIN needs it' });
  }
  notes.push({
    level: 'warn',
    setting: 'PROXY_BACKUP_LOGIN',
    sentence: 'is on: one account can be entered with a password, without the provider',
  });
}
