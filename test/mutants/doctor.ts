import type { Mutant } from './mutant.ts';

const peers = ['test/unit/doctor-peers.test.ts'];
const report = ['test/unit/doctor-report.test.ts'];
const flow = ['test/flow/doctor-secrets.test.ts'];
const outside = { file: 'src/doctor/judge-outside.ts', tests: peers };
const own = { file: 'src/doctor/plain-answer.ts', tests: peers };
const probe = { file: 'src/doctor/probe-outside.ts', tests: ['test/unit/doctor-outside.test.ts'] };
const client = { file: 'src/doctor/probe-client.ts', tests: flow };

/** The proof that nobody gets around, and that the diagnosis tells no secret. */
export const doctorMutants: readonly Mutant[] = [
  {
    ...outside,
    name: 'doctor: whatever answers is a way around, but Claimgate',
    find: 'if (isOwnAnswer(answer)) return',
    replace: 'if (answer.status >= 400) return',
  },
  {
    ...outside,
    name: 'doctor: whoever takes a connection is there, however slow',
    find: "if (met.kind === 'no_answer') {",
    replace: "if (met.kind === 'no_answer' && fault?.kind !== 'silent') {",
  },
  {
    ...outside,
    name: 'doctor: silence alone is no proof',
    find: 'return hasWay ?',
    replace: 'return true ?',
  },
  {
    ...outside,
    name: 'doctor: a proof that cannot be had has failed',
    find: 'default:\n      return voice.failed(',
    replace: 'default:\n      return voice.ok(',
  },
  {
    ...own,
    name: 'doctor: Claimgate is known by the status of its refusal',
    find: '`${status} ${String(error)}`',
    replace: '`401 ${String(error)}`',
  },
  {
    ...own,
    name: 'doctor: Claimgate is known by its request id',
    find: " && typeof id === 'string'",
    replace: '',
  },
  {
    ...probe,
    name: 'doctor: what must be reachable is tried',
    find: "tried[index]?.status === 'fulfilled'",
    replace: 'tried[index] !== undefined',
  },
  {
    ...probe,
    name: 'doctor: loopback is no proof of a network',
    find: '!isLoopbackHost(way) || isLoopbackHost(host)',
    replace: 'isLoopbackHost(host) || way !== host',
  },
  {
    ...probe,
    name: 'doctor: each address of a name is a way in',
    find: "found.find(({ level }) => level === 'failed') ?? found[0]",
    replace: 'found[0]',
  },
  {
    ...probe,
    name: 'doctor: nothing listens at port 0',
    find: "if (url.port === '0') return undefined;",
    replace: '',
  },
  {
    file: 'src/doctor/probe-outside.ts',
    tests: peers,
    name: 'doctor: an address holds no password',
    find: "if (url.username !== '' || url.password !== '') return undefined;",
    replace: '',
  },
  {
    file: 'src/doctor/judge-upstream.ts',
    tests: peers,
    name: 'doctor: an application that is away is closed nowhere',
    find: 'open.length === 0 && !isUp',
    replace: 'false',
  },
  {
    file: 'src/doctor/report.ts',
    tests: report,
    name: 'doctor: a run that tried nothing has failed',
    find: 'findings.length === 0 || ',
    replace: '',
  },
  {
    file: 'src/doctor/report.ts',
    tests: report,
    name: 'doctor: words of a peer stay on their line',
    find: "return line.replaceAll(/[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]/gu, '?');",
    replace: 'return line;',
  },
  {
    file: 'src/doctor/report.ts',
    tests: report,
    name: 'doctor: nor does a terminal obey them in JSON',
    find: 'escape(JSON.stringify({ result, counts: countLevels(findings), findings }))',
    replace: 'JSON.stringify({ result, counts: countLevels(findings), findings })',
  },
  {
    file: 'src/doctor-command.ts',
    tests: flow,
    name: 'doctor: what a provider sends back of a secret is not told',
    find: 'redactFindings(findings, prepared.secrets)',
    replace: 'redactFindings(findings, [])',
  },
  {
    file: 'src/doctor/redact.ts',
    tests: report,
    name: 'doctor: nor in its percent-encoded form',
    find: '[secret, encodeURIComponent(secret)]',
    replace: '[secret]',
  },
  {
    file: 'src/doctor/redact.ts',
    tests: report,
    name: 'doctor: a secret that holds another one goes first',
    find: '.toSorted((a, b) => b.length - a.length)',
    replace: '.toSorted((a, b) => a.length - b.length)',
  },
  {
    file: 'src/app-doctor.ts',
    tests: report,
    name: 'doctor: a password in an address is a secret',
    find: "secrets.push(text, URL.parse(text)?.password ?? '')",
    replace: 'secrets.push(text)',
  },
  {
    file: 'src/doctor/guard.ts',
    tests: report,
    name: 'doctor: messages of libraries are not told',
    find: 'error instanceof Error ? error.name',
    replace: 'error instanceof Error ? error.message',
  },
  {
    ...client,
    name: 'doctor: no secret for another issuer',
    find: "const voice = createVoice('client');\n  if (!isSure) return",
    replace: "const voice = createVoice('client');\n  if (isSure === undefined) return",
  },
  {
    ...client,
    name: 'doctor: nor in a pushed request',
    find: '{\n    if (!isSure) return',
    replace: '{\n    if (isSure === undefined) return',
  },
];
