import type { Mutant } from './mutant.ts';

const tests = ['test/flow/backup-login.test.ts'];
const backup = { file: 'src/routes/backup.ts', tests };
const attempts = { file: 'src/routes/attempts.ts', tests: ['test/unit/attempts.test.ts'] };

/** The one account with a password. */
export const backupMutants: readonly Mutant[] = [
  { ...backup, name: 'backup: the name counts', find: ')) && isUser;', replace: '));' },
  {
    ...backup,
    name: 'backup: the password counts',
    find: '(await isPassword(password, known.passwordHash)) && isUser',
    replace: 'isUser',
  },
  {
    ...backup,
    name: 'backup: only from our own page',
    find: "findRequestOrigin(headers, publicOrigin) !== 'same'",
    replace: "findRequestOrigin(headers, publicOrigin) === 'other'",
  },
  { ...backup, name: 'backup: attempts are limited', find: 'if (waitMs > 0)', replace: 'if (false)' },
  {
    ...backup,
    name: 'backup: attempts of an IPv6 site count together',
    find: 'attempts.take(site)',
    replace: 'attempts.take(client)',
  },
  {
    name: 'backup: the address is not the word of the client',
    file: 'src/http/forwarded.ts',
    tests,
    find: 'if (trusted) client = entry.text;',
    replace: 'client = entry.text;',
  },
  {
    name: 'backup: the address is not the word of a peer that nobody trusts',
    file: 'src/http/forwarded.ts',
    tests,
    find: "known.isTrusted ? joinLines(rawHeaders, 'x-forwarded-for') : ''",
    replace: "joinLines(rawHeaders, 'x-forwarded-for')",
  },
  { ...backup, name: 'backup: two at a time', find: 'if (inFlight >= mostInFlight)', replace: 'if (false)' },
  {
    ...backup,
    name: 'backup: ends with its time',
    find: 'if (account !== undefined && now() < account.until)',
    replace: 'if (account !== undefined)',
  },
  {
    ...backup,
    name: 'backup: leads nowhere else',
    find: "findReturnTo(rd ?? '/', publicOrigin, options.ownPaths) ?? '/'",
    replace: "rd ?? '/'",
  },
  {
    ...backup,
    name: 'backup: its sessions end with it',
    find: ', Math.floor(until / 1_000)),',
    replace: '),',
  },
  {
    file: 'src/app-backup.ts',
    tests,
    name: 'backup: sessions last an hour',
    find: 'Math.min(longestSessionMs, config.session.maxAge)',
    replace: 'config.session.maxAge',
  },
  {
    file: 'src/app-backup.ts',
    tests,
    name: 'backup: no sessions of another set-up',
    find: 'person.roles.length === 1 && person.roles[0] === account.role',
    replace: 'true',
  },
  { ...attempts, name: 'attempts: per key', find: 'if (count.made >= perKey)', replace: 'if (false)' },
  { ...attempts, name: 'attempts: in all', find: 'if (all.made >= overall)', replace: 'if (false)' },
  {
    ...attempts,
    name: 'attempts: longer each time',
    find: 'windowMs * 2 ** Math.min(count.strikes, MOST_DOUBLINGS)',
    replace: 'windowMs',
  },
];
