import { setTimeout as sleep } from 'node:timers/promises';
import { twoCookies } from '../cookies.ts';
import { load, shapes } from '../load.ts';
import { type Figure, measure, type Plan, type Subject } from '../measure.ts';
import type { Installation } from '../subjects/claimgate.ts';
import { startDispatch, startDispatchWithRoles, type Surroundings } from '../subjects/peers.ts';
import { sealSessions } from '../subjects/sessions.ts';

const ruleCount = 10_000;
const roleCount = 500;

const listRoles = (): string[] => Array.from({ length: roleCount }, (_, i) => `role-${String(i).padStart(4, '0')}`);

/** Many rules of several kinds, the last of which covers the path that is measured. */
function buildManyRules(): string {
  const lines = Array.from({ length: ruleCount - 1 }, (_, i) =>
    i % 3 === 0 ? `  - path: /area-${i}/*/edit` : `  - path: /area-${i % 100}/page-${i}\n    roles: [role-0499]`,
  );
  return `rules:\n${lines.join('\n')}\n  - path: /app\n    roles: [role-0499]\n`;
}

const oneRule = 'rules:\n  - path: /app\n    roles: [role-0499]\n';
const rolesRule = `rules:\n  - path: /app\n    roles: [${[
  ...listRoles()
    .slice(0, -1)
    .map((role) => `other-${role}`),
  'role-0499',
].join(', ')}]\n`;

/** Sessions stay in memory for a minute, whether they are used or not: after 35 s this waits for the end of it, and puts all there anew. */
function withSessionsInMemory(subject: Subject): Subject {
  const { length } = subject.cookies;
  let preparedAt = Number.NEGATIVE_INFINITY;
  const prepare = async (folder: string): Promise<void> => {
    if (performance.now() < preparedAt + 35_000) return;
    await sleep(Math.max(0, preparedAt + 61_000 - performance.now()));
    const { requests } = await load(subject, shapes.small, { folder, seconds: 20, limit: length + 64 });
    if (requests < length) throw new Error(`only ${requests} of ${length} sessions came into memory in time`);
    preparedAt = performance.now();
  };
  return { ...subject, prepare };
}

/** Both are measured right after a second of their own load, however long the others took before. */
function withLoadBefore(subject: Subject): Subject {
  const prepare = async (folder: string): Promise<void> => {
    await subject.prepare?.(folder);
    await load(subject, shapes.small, { folder, seconds: 1 });
  };
  return { ...subject, prepare };
}

const withTwo = (cookies: readonly string[]) => cookies.map((cookie) => `${twoCookies}; ${cookie}`);

/** What it costs must not depend on how many there are: one rule and role beside many, and one session beside many. */
export async function measureFlatness(
  about: Surroundings,
  ours: Installation,
  plan: Plan,
  sessions: number,
): Promise<{ readonly flatness: readonly Figure[]; readonly sessions: readonly Figure[] }> {
  const one = withTwo(await sealSessions(ours.source, 1, ['role-0499']));
  const manyRoles = withTwo(await sealSessions(ours.source, 1, listRoles()));
  const start = async (
    name: string,
    title: string,
    rules: string,
    cookies: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<Subject> => {
    const env = { PROXY_SESSION_CACHE_ENTRIES: String(sessions + 10_000), ...more };
    const started = await ours.start({ name, rules, env });
    return { name, title, host: ours.host, prefix: '/app', cookies, ...started };
  };

  process.stdout.write('rules and roles ');
  const flatness = await measureAll(plan, [
    await start('flat-one', '1 rule with 1 role, 1 session with 1 role', oneRule, one),
    await start('flat-rules', `${ruleCount} rules, the last one applies`, buildManyRules(), one),
    await start('flat-rule-roles', `a rule that names ${roleCount} roles, the last one fits`, rolesRule, one),
    await start('flat-roles', `a session with ${roleCount} roles, the last one fits`, oneRule, manyRoles),
    await start('flat-both-roles', `${roleCount} roles in the session and in the rule`, rolesRule, manyRoles),
    await start(
      'flat-untold',
      `${roleCount} roles on both sides, without the header that lists them`,
      rolesRule,
      manyRoles,
      {
        PROXY_ROLES_HEADER: 'none',
      },
    ),
    await startDispatch(about),
    await startDispatchWithRoles(
      about,
      `bare dispatch that adds a header with ${roleCount} roles`,
      listRoles().join(','),
    ),
  ]);

  process.stdout.write('sessions ');
  const manySessions = withTwo(await sealSessions(ours.source, sessions, ['role-0499']));
  return {
    flatness,
    // Apart from the others, which would stand still while the sessions are brought into memory.
    sessions: await measureAll(plan, [
      withLoadBefore(await start('sessions-one', '1 session', oneRule, one)),
      withLoadBefore(
        withSessionsInMemory(
          await start('sessions-many', `${sessions} sessions in memory, taking turns`, oneRule, manySessions),
        ),
      ),
    ]),
  };
}

async function measureAll(plan: Plan, subjects: readonly Subject[]): Promise<readonly Figure[]> {
  try {
    return await measure(subjects, shapes.small, plan);
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}
