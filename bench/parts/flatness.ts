import { setTimeout as sleep } from 'node:timers/promises';
import { twoCookies } from '../cookies.ts';
import { load, shapes } from '../load.ts';
import { type Figure, measure, type Plan, type Subject } from '../measure.ts';
import type { Installation } from '../subjects/claimgate.ts';
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

const withTwo = (cookies: readonly string[]) => cookies.map((cookie) => `${twoCookies}; ${cookie}`);

/** One rule, role and session beside many: what it costs must not depend on the number. */
export async function measureFlatness(ours: Installation, plan: Plan, sessions: number): Promise<readonly Figure[]> {
  const one = withTwo(await sealSessions(ours.source, 1, ['role-0499']));
  const manyRoles = withTwo(await sealSessions(ours.source, 1, listRoles()));
  const manySessions = withTwo(await sealSessions(ours.source, sessions, ['role-0499']));
  const subjects: Subject[] = [];
  const start = async (name: string, title: string, rules: string, cookies: readonly string[]) => {
    const env = { PROXY_SESSION_CACHE_ENTRIES: String(sessions + 10_000) };
    const started = await ours.start({ name, rules, env });
    subjects.push({ name, title, host: ours.host, prefix: '/app', cookies, ...started });
  };
  await start('flat-one', '1 rule with 1 role, 1 session with 1 role', oneRule, one);
  await start('flat-rules', `${ruleCount} rules, the last one applies`, buildManyRules(), one);
  await start('flat-rule-roles', `a rule that names ${roleCount} roles, the last one fits`, rolesRule, one);
  await start('flat-roles', `a session with ${roleCount} roles, the last one fits`, oneRule, manyRoles);
  await start('flat-both-roles', `${roleCount} roles in the session and in the rule`, rolesRule, manyRoles);
  await start('flat-sessions', `${sessions} sessions in memory, taking turns`, oneRule, manySessions);
  process.stdout.write('flatness ');
  try {
    return await measure(
      subjects.map((subject) => (subject.name === 'flat-sessions' ? withSessionsInMemory(subject) : subject)),
      shapes.small,
      plan,
    );
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}
