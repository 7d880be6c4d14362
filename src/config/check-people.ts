import type { Findings } from './findings.ts';
import { findNearest } from './problems.ts';
import { type Config, settings } from './schema.ts';
import type { Setting } from './setting.ts';

/** Claims that people or administrators can change, or give to somebody else later. */
const mutable = new Set(['email', 'preferred_username', 'name', 'nickname', 'upn', 'unique_name']);

function checkUser({ access }: Config, { problems, notes }: Findings): void {
  const setting = 'PROXY_USER_OIDC_CLAIM';
  for (const claim of access.userClaims) {
    const sentence = `is ${claim}; did you mean preferred_username?`;
    if (claim === 'referred_username') problems.push({ setting, sentence });
    else if (claim !== 'preferred_username' && findNearest(claim, ['preferred_username']) !== undefined)
      notes.push({ level: 'warn', setting, sentence });
  }
  const changing = access.userClaims.filter((claim) => mutable.has(claim));
  if (access.roleStatic.length > 0 && changing.length > 0) {
    notes.push({
      level: 'warn',
      setting: 'PROXY_ROLE_STATIC',
      sentence: `gives roles by ${changing.join(', ')}, which can change and pass to somebody else; PROXY_USER_OIDC_CLAIM=sub is safer`,
    });
  }
}

/** The same name may belong to another person at another provider. */
function checkNames({ access, profiles }: Config, { notes }: Findings): void {
  const elsewhere = profiles.filter((profile) => profile.access !== access);
  const names = new Set(elsewhere.flatMap((profile) => profile.access.roleStatic.map(({ user }) => user)));
  if (!access.roleStatic.some(({ user }) => names.has(user))) return;
  notes.push({
    level: 'warn',
    setting: 'PROXY_ROLE_STATIC',
    sentence:
      'gives the same user a role at several providers, where the name may belong to different people; write it into the entry of one provider',
  });
}

/** An empty restriction would let everybody in: whoever wrote one down meant something. */
function checkEmptied({ access }: Config, { problems }: Findings, given: ReadonlySet<string>): void {
  for (const [name, { restricts, yaml, env }] of Object.entries(settings.access as Record<string, Setting<unknown>>)) {
    if (restricts !== true || !given.has(yaml) || access[name as keyof typeof access] !== undefined) continue;
    const sentence = 'is set but empty; name who is let in, or remove it to let everybody in';
    problems.push({ setting: env.at(-1) ?? yaml, sentence });
  }
}

function checkEmail({ access }: Config, { notes }: Findings): void {
  if (access.emailVerified !== 'ignore') return;
  const setting = 'PROXY_EMAIL_VERIFIED';
  if (access.allowedEmailDomains === undefined) {
    notes.push({ level: 'info', setting, sentence: 'has no effect without PROXY_ALLOWED_EMAIL_DOMAINS' });
  } else if (access.allowedTenants === undefined) {
    notes.push({
      level: 'warn',
      setting,
      sentence:
        'is ignore, so PROXY_ALLOWED_EMAIL_DOMAINS is worth as much as the care the provider takes with addresses',
    });
  }
}

function checkSlashes({ access }: Config, { notes }: Findings): void {
  if (!access.groupsStripSlash) return;
  const ofRoles = access.roleClaim === access.groupsClaim && access.roleMapping !== 'passthrough';
  const compared = [
    ...(access.allowedGroups ?? []).map((group) => ['PROXY_ALLOWED_GROUPS', group] as const),
    ...(ofRoles ? access.roleMapping : []).map((entry) => ['PROXY_ROLE_MAPPING', entry.claimValue] as const),
  ];
  for (const [setting, value] of compared) {
    if (value.startsWith('/') && !value.startsWith('//')) {
      notes.push({
        level: 'warn',
        setting,
        sentence: `holds ${JSON.stringify(value)}, but PROXY_GROUPS_STRIP_SLASH drops the slash in front of groups; write it without`,
      });
    }
  }
}

export function checkPeople(config: Config, findings: Findings, given: ReadonlySet<string>): void {
  checkUser(config, findings);
  checkNames(config, findings);
  checkEmptied(config, findings, given);
  checkEmail(config, findings);
  checkSlashes(config, findings);
}
